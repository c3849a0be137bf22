"""Scores of a run as frozen records, and their tables for a terminal."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from stillwatch.calibrate.cllr import BitsCost


@dataclass(frozen=True, slots=True)
class CampaignScore:
    """The scores of one true campaign.

    Recalls count accounts found at a level or a stronger one, in any found campaign. All other scores are computed from
    the found campaigns that match this one. Errors are relative, (found - true) / true, and -1 if nothing was found.
    Day errors are found minus true; like purity and targets_distance they are None if nothing was found.
    """

    campaign_id: str
    profile: str
    found_as: tuple[str, ...]
    accounts: int
    accounts_found: int
    accounts_error: float
    recall: Mapping[str, float]  # level → share of the true accounts
    exchanges: int
    exchanges_found: int
    exchanges_error: float
    exchange_precision: float | None
    exchange_recall: float
    first_day_error: float | None
    last_day_error: float | None
    targets_distance: float | None  # total variation: 0 for the same shares, 1 for nothing in common
    purity: float | None  # share of the found members that belong to this campaign
    completeness: float  # share of its accounts in the found campaign that has most of them
    leak_share: float  # share of its exchanges made before their account reached `act`
    leak_share_any: float  # share of its exchanges made before their account reached any level


@dataclass(frozen=True, slots=True)
class InnocentScore:
    """Innocent accounts accused at a level or a stronger one."""

    accounts: int
    per_100k: float  # of all accounts in the world
    by_kind: Mapping[str, int]
    groups: tuple[str, ...]  # innocent groups of which at least half the accounts are accused
    expected: float  # innocents that the found campaigns at this level or a stronger one expect themselves
    false_campaigns: tuple[str, ...]  # found campaigns at this level or a stronger one that match no true one


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Members with a probability in one tenth of 0 to 1: the stated probability against the observed share."""

    low: float
    high: float
    members: int
    stated: float  # mean probability
    observed: float  # share that belongs to a true campaign


@dataclass(frozen=True, slots=True)
class Scores:
    """All scores of a run."""

    accounts: int
    innocent_accounts: int
    innocent_kinds: Mapping[str, int]  # number of innocents of each kind in the world
    campaigns: tuple[CampaignScore, ...]
    innocents: Mapping[str, InnocentScore]  # by level
    split: tuple[str, ...]  # true campaigns found as several
    merged: tuple[str, ...]  # found campaigns in which two true ones have a tenth or more of the members each
    reliability: tuple[ReliabilityBin, ...]  # the tenths with members
    calibration_error: float | None  # expected calibration error; None without members
    evidence_cost: BitsCost | None = None  # over the groups judged; None unless there were campaigns and other groups

    def as_dict(self) -> dict[str, object]:
        """The scores as plain values, for JSON."""
        return asdict(self)

    def render(self, console: Console) -> None:
        """Prints the tables of a score."""
        for table in _campaign_tables(self.campaigns):
            console.print(table)
        console.print(_innocent_table(self.innocents))
        error = "no members" if self.calibration_error is None else f"{self.calibration_error:.3f}"
        split, merged = ", ".join(self.split) or "none", ", ".join(self.merged) or "none"
        console.print(f"split: {escape(split)} · merged: {escape(merged)} · expected calibration error: {error}")
        if self.evidence_cost is not None:
            console.print(_cost(self.evidence_cost))
        if self.reliability:
            console.print(_reliability_table(self.reliability))


def _campaign_tables(campaigns: tuple[CampaignScore, ...]) -> tuple[Table, Table]:
    """What was found of accounts and of exchanges: two tables, whose headings can be read in 80 columns."""
    accounts = _titled(
        "True campaigns: accounts found", "recall at act / review / watch", "accounts", "first and last day"
    )
    exchanges = _titled(
        "True campaigns: exchanges found", "exchanges", "precision", "recall", "targets", "leaked before act"
    )
    for one in campaigns:
        names = escape(f"{one.campaign_id} {one.profile}"), escape(", ".join(one.found_as)) or "not found"
        accounts.add_row(
            *names,
            " / ".join(percent(share) for share in one.recall.values()),
            f"{one.accounts_found:,} of {one.accounts:,}",
            f"{_days(one.first_day_error)} … {_days(one.last_day_error)}",
        )
        exchanges.add_row(
            *names,
            f"{one.exchanges_found:,} of {one.exchanges:,}",
            percent(one.exchange_precision),
            percent(one.exchange_recall),
            "-" if one.targets_distance is None else f"{one.targets_distance:.2f} off",
            percent(one.leak_share),
        )
    return accounts, exchanges


def _titled(title: str, *headings: str) -> Table:
    table = Table(title=title, title_justify="left")
    for heading in ("campaign", "found as"):
        table.add_column(heading, overflow="fold")
    for heading in headings:
        table.add_column(heading, justify="right")
    return table


def _innocent_table(innocents: Mapping[str, InnocentScore]) -> Table:
    table = Table(title="Innocents accused", title_justify="left")
    table.add_column("level")
    for heading in ("accounts", "per 100,000", "expected by the run"):
        table.add_column(heading, justify="right")
    for heading in ("kinds", "whole groups", "campaigns that match none"):
        table.add_column(heading, overflow="fold")
    for level, one in innocents.items():
        table.add_row(
            level,
            f"{one.accounts:,}",
            f"{one.per_100k:.1f}",
            f"{one.expected:.2f}",
            escape(", ".join(f"{kind} {count:,}" for kind, count in one.by_kind.items())) or "none",
            escape(", ".join(one.groups)) or "none",
            escape(", ".join(one.false_campaigns)) or "none",
        )
    return table


def _reliability_table(bins: tuple[ReliabilityBin, ...]) -> Table:
    table = Table(title="Probabilities: stated and observed", title_justify="left")
    for heading in ("stated between", "members", "mean stated", "true share"):
        table.add_column(heading, justify="right")
    for one in bins:
        table.add_row(f"{one.low:.1f}–{one.high:.1f}", f"{one.members:,}", f"{one.stated:.3f}", f"{one.observed:.3f}")
    return table


def _cost(cost: BitsCost) -> str:
    return (
        f"evidence of {cost.trials} groups, {cost.targets} of them campaigns: Cllr {cost.cllr:.3f} "
        f"({cost.least:.3f} at best calibration; 0 is certain and right, 1 is no information)"
    )


def percent(share: float | None) -> str:
    """A share in per cent with one decimal; a share below 1 is never rounded to 100 %."""
    if share is None:
        return "-"
    shown = f"{100 * share:.1f}"
    if share < 1 and shown == "100.0":
        shown = "99.9"
    return f"{shown} %"


def interval(hits: float, trials: int) -> tuple[float, float]:
    """The 95 % Wilson score interval of a share (Wilson 1927); (0, 1) without trials."""
    if not trials:
        return 0.0, 1.0
    z, share = 1.959964, hits / trials
    centre = share + z * z / (2 * trials)
    half = z * math.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    whole = 1 + z * z / trials
    return max(0.0, (centre - half) / whole), min(1.0, (centre + half) / whole)


def _days(error: float | None) -> str:
    return "-" if error is None else f"{error:+.1f} d"
