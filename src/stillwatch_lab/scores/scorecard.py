"""Scores against the truth as frozen records, and their tables for a terminal."""

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
    """One true campaign and what the run made of it.

    Recalls count accounts found at a level or a stronger one, in whatever found campaign. Everything else looks at
    the found campaigns that match this one. Errors are relative, (found - true) / true: -1 when nothing was found.
    Day errors are found minus true; None, like purity and targets_distance, when nothing was found.
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
    targets_distance: float | None  # total variation: 0 the same shares, 1 nothing in common
    purity: float | None  # share of the found members that belong to it
    completeness: float  # share of its accounts in the one found campaign that holds most of them
    leak_share: float  # its exchanges before their account reached `act`, over all its exchanges
    leak_share_any: float  # the same before any level


@dataclass(frozen=True, slots=True)
class InnocentScore:
    """Innocent accounts accused at a level or a stronger one."""

    accounts: int
    per_100k: float  # of all accounts in the world
    by_kind: Mapping[str, int]
    groups: tuple[str, ...]  # innocent groups of which at least half the accounts are accused
    expected: float  # what the found campaigns at this level or a stronger one said themselves
    false_campaigns: tuple[str, ...]  # found campaigns at this level or a stronger one that match no true one


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Members whose probability fell into one tenth: what was said and what was so."""

    low: float
    high: float
    members: int
    said: float  # mean probability
    so: float  # share that belongs to a true campaign


@dataclass(frozen=True, slots=True)
class Scores:
    """A run against the truth of its world."""

    accounts: int
    innocent_accounts: int
    innocent_kinds: Mapping[str, int]  # how many innocents of each kind the world holds
    campaigns: tuple[CampaignScore, ...]
    innocents: Mapping[str, InnocentScore]  # by level
    split: tuple[str, ...]  # true campaigns found as several
    merged: tuple[str, ...]  # found campaigns of which two true ones hold a tenth or more each
    reliability: tuple[ReliabilityBin, ...]  # the tenths that hold members
    calibration_error: float | None  # expected calibration error; None without members
    evidence_cost: BitsCost | None = None  # of the groups judged; None unless there were campaigns and others

    def as_dict(self) -> dict[str, object]:
        """The same as plain values, for JSON."""
        return asdict(self)

    def render(self, console: Console) -> None:
        """Prints the three tables of a score."""
        console.print(_campaign_table(self.campaigns))
        console.print(_innocent_table(self.innocents))
        error = "no members" if self.calibration_error is None else f"{self.calibration_error:.3f}"
        split, merged = ", ".join(self.split) or "none", ", ".join(self.merged) or "none"
        console.print(f"split: {escape(split)} · merged: {escape(merged)} · expected calibration error: {error}")
        if self.evidence_cost is not None:
            console.print(_cost(self.evidence_cost))
        if self.reliability:
            console.print(_reliability_table(self.reliability))


def _campaign_table(campaigns: tuple[CampaignScore, ...]) -> Table:
    table = Table(title="True campaigns and what was found of them", title_justify="left")
    for heading in ("campaign", "found as"):
        table.add_column(heading, overflow="fold")
    for heading in (
        "recall act/review/watch",
        "accounts",
        "exchanges",
        "precision",
        "recall",
        "days",
        "targets",
        "leak",
    ):
        table.add_column(heading, justify="right")
    for one in campaigns:
        table.add_row(
            escape(f"{one.campaign_id} {one.profile}"),
            escape(", ".join(one.found_as)) or "not found",
            " / ".join(percent(share) for share in one.recall.values()),
            f"{one.accounts_found:,} of {one.accounts:,}",
            f"{one.exchanges_found:,} of {one.exchanges:,}",
            percent(one.exchange_precision),
            percent(one.exchange_recall),
            f"{_days(one.first_day_error)} … {_days(one.last_day_error)}",
            "-" if one.targets_distance is None else f"{one.targets_distance:.2f} off",
            percent(one.leak_share),
        )
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
    table = Table(title="Probabilities: said and so", title_justify="left")
    for heading in ("said between", "members", "said", "so"):
        table.add_column(heading, justify="right")
    for one in bins:
        table.add_row(f"{one.low:.1f}–{one.high:.1f}", f"{one.members:,}", f"{one.said:.3f}", f"{one.so:.3f}")
    return table


def _cost(cost: BitsCost) -> str:
    return (
        f"evidence of {cost.trials} groups, {cost.targets} of them campaigns: Cllr {cost.cllr:.3f} "
        f"({cost.least:.3f} at best calibration; 0 is certain and right, 1 says nothing)"
    )


def percent(share: float | None) -> str:
    """A share as a person reads it; 99.9 % is never rounded up to all."""
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
