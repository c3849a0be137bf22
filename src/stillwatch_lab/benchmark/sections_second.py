"""The section that sets worlds of the second generator beside our own: the same scores, the same code."""

from __future__ import annotations

from stillwatch.records.outputs import LEVELS
from stillwatch_lab.benchmark import wording
from stillwatch_lab.benchmark.document import Cell, Column, Dots, Section, Table
from stillwatch_lab.benchmark.intervals import Estimate, share
from stillwatch_lab.benchmark.pooled import Pool
from stillwatch_lab.benchmark.sections_found import linked
from stillwatch_lab.benchmark.sections_truth import inside

_SERIES = ("our own generator", "second generator")
_MIXED = "mixed"


def second_section(own: Pool, second: Pool) -> Section:
    """Both generators side by side: accounts found by profile, then innocents, exchanges and probabilities."""
    profiles = [*own.profiles, *(one for one in second.profiles if one not in own.profiles)]
    both = (own, second)
    recall = Table(
        "Share of each profile's accounts at act, at review or above, and in any network; all seeds pooled",
        (
            Column("profile"),
            *(
                column
                for short in ("own", "second")
                for column in (
                    Column(f"accounts, {short}"),
                    Column(f"act, {short}", "share"),
                    Column(f"review, {short}", "share"),
                    Column(f"network, {short}", "share"),
                )
            ),
        ),
        tuple((profile, *(cell for pool in both for cell in _found(pool, profile))) for profile in profiles),
    )
    shown = tuple(
        (profile, tuple(pool.recall(profile, "act") for pool in both))
        for profile in profiles
        if all(profile in pool.profiles for pool in both)
    )
    chart = Dots("Accounts at act, by profile, on worlds of both generators", _SERIES, shown)
    lead = (
        "The second generator was written by other people from other texts, and nothing was fitted to its worlds. What "
        "holds on one side only was learnt from a generator, not from campaigns. Relays that only keep words, "
        "licensees outside their permit, and accounts that were never used count on neither side there."
    )
    return Section("second", "Both generators side by side", lead, (chart,) if shown else (), (recall, _figures(both)))


def _found(pool: Pool, profile: str) -> tuple[Cell, ...]:
    campaigns = pool.campaigns(profile)
    if not campaigns:
        return (None, None, None, None)
    accounts = sum(one["accounts"] for _, one in campaigns)
    return f"{accounts:,}", pool.recall(profile, "act"), pool.recall(profile, "review"), linked(pool, profile)


def _figures(both: tuple[Pool, Pool]) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for level in LEVELS[:2]:
        rows.append(
            (f"all campaigns' accounts at {level} or a stronger level", *(_share(_all(pool, level)) for pool in both))
        )
    rows.append(("all campaigns' accounts in any network", *(_share(_all_linked(pool)) for pool in both)))
    for level in LEVELS[:2]:
        rows.append((f"innocents at {level}, per 100,000 accounts", *(_rate(pool.innocents(level)) for pool in both)))
        rows.append((f"whole innocent groups at {level}", *(str(len(pool.swept(level))) for pool in both)))
    for number, name in enumerate(("precision", "recall")):
        rows.append((f"exchanges inside accounts of {_MIXED}: {name}", *(_mixed(pool, number) for pool in both)))
    rows.append(("expected calibration error", *(_plain(pool.calibration_error()) for pool in both)))
    return Table("Beyond recall", (Column("what"), *(Column(name) for name in _SERIES)), tuple(rows))


def _all(pool: Pool, level: str) -> Estimate:
    """The share of all campaigns' accounts at a level or a stronger one."""
    found = [[round(one["recall"][level] * one["accounts"]) for one in run["campaigns"]] for run in pool.runs]
    accounts = [[one["accounts"] for one in run["campaigns"]] for run in pool.runs]
    return share([sum(one) for one in found], [sum(one) for one in accounts])


def _all_linked(pool: Pool) -> Estimate:
    """The share of all campaigns' accounts in any network."""
    rows = [
        [one for one in run["linked"] if one["kind"] in pool.profiles and one["linked"] is not None]
        for run in pool.runs
    ]
    return share(
        [sum(one["linked"] for one in run) for run in rows], [sum(one["accounts"] for one in run) for run in rows]
    )


def _mixed(pool: Pool, number: int) -> str:
    return _plain(inside(pool, _MIXED)[number]) if _MIXED in pool.profiles else "-"


def _share(found: Estimate) -> str:
    return "-" if found.value is None else wording.whole(found, "share")


def _rate(found: Estimate) -> str:
    counted = "" if found.hits is None else f" ({found.hits:,.0f} accounts)"
    return "-" if found.value is None else f"{found.value:.1f}{counted}"


def _plain(found: Estimate) -> str:
    if found.value is None:
        return "-"
    return f"{found.value:.3f}" + ("" if found.low is None else f" ({found.low:.3f} to {found.high:.3f})")
