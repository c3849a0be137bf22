"""Sections on accounts found, innocents accused and time to detection, from the complete runs."""

from __future__ import annotations

import numpy as np

from stillwatch.records.outputs import LEVELS
from stillwatch_lab.benchmark.document import (
    Cell,
    Column,
    Curve,
    Dots,
    Panels,
    Section,
    Table,
)
from stillwatch_lab.benchmark.intervals import Estimate, share
from stillwatch_lab.benchmark.pooled import Pool
from stillwatch_lab.benchmark.wording import plain
from stillwatch_lab.scores.scorecard import percent


def recall_section(pool: Pool, targets: dict[str, float]) -> Section:
    """Accounts found, by profile and level."""
    rows = [(profile, tuple(pool.recall(profile, level) for level in LEVELS)) for profile in pool.profiles]
    accounts = [sum(one["accounts"] for _, one in pool.campaigns(profile)) for profile in pool.profiles]
    in_networks = [linked(pool, profile) for profile in pool.profiles]
    table = Table(
        "Share of each profile's accounts at a level or a stronger one, all seeds pooled; 95 % intervals over seeds",
        (
            Column("profile"),
            Column("accounts"),
            *(Column(level, "share") for level in LEVELS),
            Column("in a network", "share"),
        ),
        tuple(
            (profile, f"{n:,}", *found, in_networks[at])
            for at, ((profile, found), n) in enumerate(zip(rows, accounts, strict=True))
        ),
    )
    chart = Dots("Accounts found. A bar marks the target where there is one.", LEVELS, tuple(rows), targets=targets)
    lead = "This section shows the share of each campaign's accounts that was found, by level."
    return Section("recall", "Accounts found", lead, (chart,), (table,))


def linked(pool: Pool, kind: str) -> Estimate:
    """The share of a kind's accounts in any network."""
    return _of_kind(pool, kind, "linked")


def together(pool: Pool, kind: str) -> Estimate:
    """The share of a kind's accounts in the network with most of their group, for kinds with groups."""
    return _of_kind(pool, kind, "together")


def _of_kind(pool: Pool, kind: str, name: str) -> Estimate:
    rows = [{one["kind"]: one for one in run["linked"]}.get(kind) for run in pool.runs]
    known = [one if one and one[name] is not None else {name: 0, "accounts": 0} for one in rows]
    return share([one[name] for one in known], [one["accounts"] for one in known])


def innocents_section(pool: Pool) -> Section:
    """Innocents accused, all together and by kind."""
    rates = [(kind, tuple(pool.innocents(level, kind) for level in LEVELS[:2])) for kind in pool.kinds]
    whole = ("all together, per 100,000 accounts of the world", tuple(pool.innocents(level) for level in LEVELS[:2]))
    rows: list[tuple[Cell, ...]] = []
    for name, (act, review) in (whole, *rates):
        kind = None if name == whole[0] else name
        there = sum(
            run["innocent_accounts"] if kind is None else run["innocent_kinds"].get(kind, 0) for run in pool.runs
        )
        swept = [
            pool.swept(level) if kind is None else [one for one in pool.swept(level) if one == kind] for level in LEVELS
        ]
        rows.append(
            (plain(name), f"{there:,}", _count(act), act, _count(review), review, f"{len(swept[0])} / {len(swept[1])}")
        )
    table = Table(
        "Innocent accounts accused and their rate per 100,000 of that kind; whole groups are those of which half or "
        "more are accused",
        (
            *(
                Column("kind"),
                Column("accounts"),
                Column("at act"),
                Column("per 100,000", "rate"),
                Column("at review or act"),
            ),
            *(Column("per 100,000", "rate"), Column("whole groups at act / review")),
        ),
        tuple(rows),
    )
    shown = tuple((plain(name), found) for name, found in rates)
    chart = Dots(
        "Innocents accused per 100,000 of their kind (logarithmic, with 0 at the edge)", LEVELS[:2], shown, "rate"
    )
    lead = (
        "These accounts were accused without being in any campaign. If none of a kind was, the interval is the exact "
        "one: the rates that the number of accounts does not exclude. A harvesting relay's accounts count as innocents "
        "here, since their traffic is their customers'."
    )
    return Section("innocents", "Innocents accused", lead, (chart,), (table,))


def _count(found: Estimate) -> str:
    return "-" if found.hits is None else f"{found.hits:,.0f}"


def time_section(pool: Pool) -> Section:
    """Leak share and coverage in event time."""
    curves = []
    for profile in pool.profiles:
        found = pool.curve(profile)
        if found is None:
            continue
        x = (np.arange(found.shape[1]) + 0.5) / found.shape[1]
        mean, low, high = found.mean(axis=0), found.min(axis=0), found.max(axis=0)
        note = f"leaked {percent(pool.leak(profile).value)}"
        spread = tuple(zip(low.tolist(), high.tolist(), strict=True)) if len(found) > 1 else ()
        curves.append(Curve(profile, note, tuple(zip(x.tolist(), mean.tolist(), strict=True)), spread=spread))
    chart = Panels(
        "The share of exchanges at each point of a campaign that came from accounts already at act; the area above a "
        "curve is the leak share. Line: mean over campaigns; band: from the least to the most.",
        "part of the campaign's exchanges made",
        "covered",
        tuple(curves),
    )
    table = Table(
        "Leak share: exchanges made before their own account was detected, over all of the profile's exchanges",
        (
            Column("profile"),
            Column("before act", "share"),
            Column("before any level", "share"),
            Column("half of the accounts at act after", "days"),
            Column("days it lasted", "days"),
        ),
        tuple(
            (
                profile,
                pool.leak(profile),
                pool.leak(profile, "leak_share_any"),
                _half(pool, profile),
                _days(pool, profile),
            )
            for profile in pool.profiles
        ),
    )
    lead = (
        "This section shows how much a campaign had taken, in event time, before its accounts were at act. The "
        "exchanges of an account that is never found have all leaked."
    )
    return Section("time", "Time to detection", lead, (chart,), (table,))


def _onset(pool: Pool, profile: str, name: str) -> list[float | None]:
    return [pool.runs[at]["onset"][one["campaign_id"]][name] for at, one in pool.campaigns(profile)]


def _half(pool: Pool, profile: str) -> Cell:
    """The mean days if every campaign reached it, else the number of campaigns that never did."""
    found = _onset(pool, profile, "half_at_act")
    reached = [one for one in found if one is not None]
    if len(reached) < len(found):
        return f"never in {len(found) - len(reached)} of {len(found)}"
    return pool.mean(profile, lambda one: pool.onset(one)["half_at_act"])


def _days(pool: Pool, profile: str) -> Estimate:
    return pool.mean(profile, lambda one: pool.onset(one)["days"])
