"""`python -m bench.likeness`: how alike an operator who comes back is to the earlier campaign, and others are to it.

In each world an operator stops and comes back weeks later under other accounts (`bench/watch/returning.toml`): the same
addresses, clients, issuers, mail domains and data set, with templates reworded in part. A scan of the time before and
one of the time after share no exchange, and neither continues the other. The later campaign of each world is compared
with the earlier one of its own world, and with those of all others, whose operators have the same aims, and draw from
the same collection of data sets. Nothing was fitted on any of the worlds.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from statistics import median

import pyarrow as pa

from bench.measure import machine, say
from bench.watch.returns import ACCOUNTS, EXCHANGES, RECIPE, WINDOW, waves_of
from stillwatch import flow
from stillwatch.engine.duckdb import DuckDBEngine
from stillwatch.job import Window
from stillwatch.records.outputs import NETWORK_PROFILES
from stillwatch.report.likeness import ASPECTS, KINDS, Found, Side, figures_of, mean_of
from stillwatch.runs.tables import table_of
from stillwatch.settings import EngineSettings
from stillwatch_lab.worlds.build import build
from stillwatch_lab.worlds.job import job_of

ONE_THREAD = EngineSettings(threads=1)


@dataclass(frozen=True, slots=True)
class Wave:
    """The largest campaign of one scan, the other networks that it found, and the profiles of all."""

    campaign: Side
    others: tuple[Side, ...]
    profiles: pa.Table


def main() -> None:
    """Prints the table; `--shipped` prints it as the product ships it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", nargs="+", type=int, default=list(range(31, 39)))
    parser.add_argument("--keep", type=Path, help="a folder in which scans are kept for the next time")
    parser.add_argument("--make", action="store_true", help="only make and scan the worlds")
    parser.add_argument("--shipped", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="stillwatch-likeness-") as name:
        home = asked.keep or Path(name)
        for seed in asked.seeds:
            _scans(home, seed)
        if asked.make:
            return
        found = {seed: [_wave(home, seed, part) for part in ("before", "after")] for seed in asked.seeds}
        lost = [seed for seed, waves in found.items() if None in waves]
        whole = {seed: (a, b) for seed, (a, b) in found.items() if a is not None and b is not None}
        rows = list(_rows(whole, Path(name)))
    if asked.shipped:
        print(json.dumps(_shipped(rows, sorted(whole)), indent=2))
        return
    print(f"python -m bench.likeness --seeds {' '.join(map(str, asked.seeds))}\n{machine()}")
    print(f"without a campaign before or after: {lost or 'none'}\n")
    for row in (HEAD, *rows):
        print(f"{row[0]:56}" + "".join(f"{cell:>32}" for cell in row[1:]).rstrip())


ABSENT = "not there"
HEAD = (
    "aspect",
    "one operator, back: median",
    "least",
    "two operators: median",
    "most",
    "one above all of two",
)


def _scans(home: Path, seed: int) -> None:
    if (home / f"after-{seed}").is_dir():
        return
    say(f"making world {seed}")
    with tempfile.TemporaryDirectory(prefix="stillwatch-likeness-world-") as name:
        build(RECIPE, seed, ACCOUNTS, EXCHANGES, None, Path(name) / "world")
        job = job_of(Path(name) / "world")
        job = replace(job, settings=job.settings.model_copy(update={"engine": ONE_THREAD}))
        ends, back = waves_of(Path(name) / "world")
        windows = {"before": Window(ends - WINDOW, ends), "after": Window(back - timedelta(days=1), None)}
        for part, window in windows.items():
            flow.scan(replace(job, window=window), home / f"{part}-{seed}")


def _wave(home: Path, seed: int, part: str) -> Wave | None:
    run = home / f"{part}-{seed}"
    campaigns = table_of(run, "campaigns", ["campaign_id", "accounts", "networks"]).to_pylist()
    if not campaigns:
        return None
    largest = max(campaigns, key=lambda row: (row["accounts"], row["campaign_id"]))
    sizes = {row["network_id"]: row["accounts"] for row in table_of(run, "networks").to_pylist()}
    later = part == "after"
    name = {one: f"{seed} {one}" for one in sizes}
    own = Side(str(seed), tuple((name[one], not later, sizes[one]) for one in largest["networks"]))
    others = tuple(
        Side(name[one], ((name[one], not later, many),))
        for one, many in sizes.items()
        if one not in largest["networks"]
    )
    rows = table_of(run, NETWORK_PROFILES.name)
    renamed = [name[one] for one in rows["network_id"].to_pylist()]
    rows = rows.set_column(rows.schema.get_field_index("network_id"), "network_id", pa.array(renamed, pa.string()))
    kept = rows.set_column(
        rows.schema.get_field_index("remembered"), "remembered", pa.repeat(pa.scalar(not later), rows.num_rows)
    )
    return Wave(own, others, kept.cast(NETWORK_PROFILES.schema))


def _rows(worlds: dict[int, tuple[Wave, Wave]], folder: Path) -> Iterator[tuple[str, ...]]:
    with DuckDBEngine(ONE_THREAD, folder) as engine:
        profiles = pa.concat_tables([wave.profiles for waves in worlds.values() for wave in waves])
        engine.store(NETWORK_PROFILES, profiles)
        earlier = [before.campaign for before, _ in worlds.values()]
        found = figures_of(engine, [after.campaign for _, after in worlds.values()], earlier)
        beside = figures_of(engine, [one for _, after in worlds.values() for one in after.others], earlier)
    for kind in KINDS:
        yield _row(f"{kind}, all aspects", {pair: mean_of(rows, kind) for pair, rows in found.items()})
        for place, aspect in enumerate(ASPECTS):
            if aspect.kind == kind:
                yield _row(f"{kind}: {aspect.words}", _of_aspect(found, place))
    for kind in KINDS:
        yield _chance(kind, found, beside, {seed: after for seed, (_, after) in worlds.items()})


def _of_aspect(found: Found, place: int) -> dict[tuple[str, str], float | None]:
    return {
        pair: mean_of([row for row in rows if row["aspect"] == place], ASPECTS[place].kind)
        for pair, rows in found.items()
    }


def _row(name: str, figures: dict[tuple[str, str], float | None]) -> tuple[str, ...]:
    same = {one: figure for (one, other), figure in figures.items() if one == other and figure is not None}
    of_two: dict[str, list[float]] = defaultdict(list)
    for (one, other), figure in figures.items():
        if one != other and figure is not None:
            of_two[one].append(figure)
    both = [figure for own in of_two.values() for figure in own]
    if not same or not both:
        return name, *[ABSENT] * 5
    above = sum(figure > max(of_two.get(one, [0.0])) for one, figure in same.items())
    figures_said = (median(same.values()), min(same.values()), median(both), max(both))
    return name, *(f"{figure:.2f}" for figure in figures_said), f"{above} of {len(same)}"


def _chance(kind: str, found: Found, beside: Found, waves: dict[int, Wave]) -> tuple[str, ...]:
    """How often a campaign is more alike to an earlier one than every other network of its own run is."""
    above: dict[bool, list[bool]] = defaultdict(list)
    for (one, other), rows in found.items():
        figure = mean_of(rows, kind)
        others = [mean_of(beside.get((side.subject, other), ()), kind) for side in waves[int(one)].others]
        known = [each for each in others if each is not None]
        if figure is not None and known:
            above[one == other].append(figure > max(known))
    said = {own: f"{sum(found)} of {len(found)}" for own, found in above.items()}
    return f"{kind}: more alike than every other network", said.get(True, "-"), "", said.get(False, "-"), "", ""


def _shipped(rows: Sequence[tuple[str, ...]], seeds: Sequence[int]) -> dict[str, object]:
    return {
        "about": f"Simulated: an operator who came back with new accounts ({len(seeds)} worlds), and two operators of "
        f"like aims ({len(seeds) * (len(seeds) - 1)} pairs). Nothing was fitted on these worlds",
        "command": f"python -m bench.likeness --seeds {' '.join(map(str, seeds))}",
        "version": machine()["stillwatch"],
        "commit": machine()["commit"],
        "columns": list(HEAD),
        "rows": [list(row) for row in rows if row[1] != ABSENT],
    }


if __name__ == "__main__":
    main()
