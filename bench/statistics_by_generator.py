"""`python -m bench.statistics_by_generator NAME=RUN:TRUTH …` prints how far group statistics move between generators.

RUN is a run folder with `group_tests` and `candidate_members`, TRUTH the folder of truth of its world, which is of
`stillwatch lab` or of the second generator; several worlds may bear one NAME, which is their generator. A candidate is
of the kind that most of its members are of. For each statistic, beside its reference, the first table gives by kind
the median and the range of the middle 80 %; the second tells how well it separates, and how far it moves.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from rich.console import Console
from rich.table import Table
from scipy.stats import rankdata

from stillwatch.records.claims import GROUP_CLAIMS

WIDTH = 160
CLAIMS = {claim.name: claim for claim in GROUP_CLAIMS}
SECOND_GENERATORS_NAMES = {
    "organic": "person",
    "popular_tool": "person",
    "carrier_nat": "cgnat",
    "consumer_vpn": "vpn",
    "eval_harness": "evaluation_harness",
    "startup_batch": "batch_job",
    "synthetic_data": "data_maker",
    "licensed": "licensed_distillation",
    "reseller_permit": "reseller",
    "reseller_no_permit": "reseller",
}
NOT_INNOCENT = frozenset({"harvest", "licensed_beyond", "campaign_idle"})  # nor extraction: these separate nothing


@dataclass(frozen=True, slots=True)
class Group:
    """One candidate: its generator, its kind, whether that is extraction, and its statistics beside their reference."""

    generator: str
    kind: str
    extraction: bool
    values: dict[str, float]


@dataclass(frozen=True, slots=True)
class Separation:
    """How a statistic does in one generator: groups that have it, and the chance that an extraction shows more of it
    than an innocent group, every kind counting alike; 0.5 separates nothing. NaN without both sorts."""

    present: float
    area: float


def groups(generator: str, run: Path, truth: Path) -> list[Group]:
    """The candidates of a run. Raises FileNotFoundError for a file that is missing."""
    kinds = account_kinds(truth)
    members: dict[str, list[str]] = defaultdict(list)
    for row in _rows(run / "candidate_members.parquet", ["candidate_id", "account_id"]):
        members[row["candidate_id"]].append(row["account_id"])
    values: dict[str, dict[str, float]] = defaultdict(dict)
    for row in _rows(run / "group_tests.parquet", ["candidate_id", "test", "statistic", "reference"]):
        if row["statistic"] is not None:
            beside = CLAIMS[row["test"]].beside(row["statistic"], row["reference"])
            if not math.isnan(beside):
                values[row["candidate_id"]][row["test"]] = beside
    found = []
    for candidate in sorted(members):
        owned = [kinds[account] for account in members[candidate] if account in kinds]
        if owned:
            kind, extraction = max(sorted(set(owned)), key=owned.count)
            found.append(Group(generator, kind, extraction, values[candidate]))
    return found


def account_kinds(truth: Path) -> dict[str, tuple[str, bool]]:
    """Each account's kind, by the lab's names, and whether it is of a campaign."""
    if (truth / "truth_accounts.parquet").is_file():
        rows = _rows(truth / "truth_accounts.parquet", ["account_id", "kind", "network", "campaign"])
        return {row["account_id"]: _second_kind(row) for row in rows}
    rows = _rows(truth / "accounts.parquet", ["account_id", "kind", "campaign_id"])
    return {row["account_id"]: (row["kind"], row["campaign_id"] is not None) for row in rows}


def _second_kind(row: Mapping[str, Any]) -> tuple[str, bool]:
    if row["kind"] == "campaign":
        return row["network"].split("-")[0], True
    return SECOND_GENERATORS_NAMES.get(row["kind"], row["kind"]), False


def _rows(path: Path, columns: list[str]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pq.read_table(path, columns=columns).to_pylist()
    return rows


def separation(found: Sequence[Group], statistic: str) -> Separation:
    """How the statistic separates these groups of one generator."""
    judged = [one for one in found if one.kind not in NOT_INNOCENT]
    having = [one for one in judged if statistic in one.values]
    present = len(having) / len(judged) if judged else 0.0
    if len({one.extraction for one in having}) < 2:
        return Separation(present, float("nan"))
    kinds = sorted({(one.kind, one.extraction) for one in having})
    areas = [
        _area(_of(having, statistic, bad), _of(having, statistic, good))
        for bad in kinds
        for good in kinds
        if bad[1] and not good[1]
    ]
    return Separation(present, float(np.mean(areas)))


def _of(found: Sequence[Group], statistic: str, kind: tuple[str, bool]) -> list[float]:
    return [one.values[statistic] for one in found if (one.kind, one.extraction) == kind and statistic in one.values]


def _area(higher: Sequence[float], lower: Sequence[float]) -> float:
    """The chance that a value of the first is above one of the second, ties halved (Mann & Whitney 1947)."""
    rank = rankdata([*higher, *lower])[: len(higher)]
    return float((rank.sum() - len(higher) * (len(higher) + 1) / 2) / (len(higher) * len(lower)))


def movement(found: Sequence[Group], statistic: str) -> float:
    """Mean distance of a kind's medians in two generators, in spreads (middle 80 %) of the statistic over all groups.

    NaN where no kind shows it in two generators.
    """
    values = [one.values[statistic] for one in found if statistic in one.values]
    if not values:
        return float("nan")
    spread = float(np.subtract(*np.quantile(values, (0.9, 0.1))))
    medians: dict[tuple[str, bool], list[float]] = defaultdict(list)
    for generator in sorted({one.generator for one in found}):
        part = [one for one in found if one.generator == generator]
        for kind in sorted({(one.kind, one.extraction) for one in part}):
            own = _of(part, statistic, kind)
            if own:
                medians[kind].append(float(np.median(own)))
    moved = [max(one) - min(one) for one in medians.values() if len(one) > 1]
    return float(np.mean(moved)) / spread if moved and spread > 0.0 else float("nan")


def by_kind(found: Sequence[Group], statistic: str) -> Table:
    """Median and middle 80 % of a statistic by kind, a column for each generator."""
    generators = sorted({one.generator for one in found})
    table = Table(title=statistic, title_justify="left")
    for name in ("kind", *generators):
        table.add_column(name, justify="left" if name == "kind" else "right")
    for kind in sorted({(one.kind, one.extraction) for one in found}, key=lambda one: (not one[1], one[0])):
        cells = [_range(_of([one for one in found if one.generator == name], statistic, kind)) for name in generators]
        if any(cells):
            table.add_row(f"{kind[0]}{' (extraction)' if kind[1] else ''}", *cells)
    return table


def _range(values: Sequence[float]) -> str:
    if not values:
        return ""
    low, middle, high = np.quantile(values, (0.1, 0.5, 0.9))
    return f"{middle:.2f} [{low:.2f} to {high:.2f}] of {len(values)}"


def overview(found: Sequence[Group], statistics: Sequence[str]) -> Table:
    """A row for each statistic: present and separating in each generator, and how far it moves between them."""
    generators = sorted({one.generator for one in found})
    table = Table(title="separation of extraction from innocent groups (0.5 is none), and movement")
    table.add_column("statistic")
    for name in generators:
        table.add_column(f"{name}: area", justify="right")
        table.add_column("present", justify="right")
    table.add_column("moves", justify="right")
    for statistic in statistics:
        cells = []
        for name in generators:
            one = separation([group for group in found if group.generator == name], statistic)
            cells += [f"{one.area:.2f}", f"{one.present:.0%}"]
        table.add_row(statistic, *cells, f"{movement(found, statistic):.2f}")
    return table


def main(arguments: Sequence[str]) -> int:
    """Prints the tables of the worlds named on the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("world", nargs="+", help="NAME=RUN:TRUTH")
    parser.add_argument("--statistic", action="append", help="only this one's table by kind (may be repeated)")
    options = parser.parse_args(arguments)
    found = []
    for world in options.world:
        generator, _, folders = world.partition("=")
        run, _, truth = folders.partition(":")
        found += groups(generator, Path(run), Path(truth))
    console = Console(width=WIDTH)
    names = [claim.name for claim in GROUP_CLAIMS if any(claim.name in one.values for one in found)]
    for name in options.statistic or names:
        console.print(by_kind(found, name))
    console.print(overview(found, names))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
