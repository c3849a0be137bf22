"""Candidate groups of worlds with known truth, as assessment sees them: `python -m training.groups OUT WORLD...`."""

from __future__ import annotations

import argparse
import gzip
import json
import os
import random
import shutil
import sys
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import IO, Any, cast

import pyarrow.compute as pc
import pyarrow.parquet as pq

from stillwatch import flow, group, link, read, sketch
from stillwatch.assess.alternatives import beyond_strangers
from stillwatch.assess.measures import measured
from stillwatch.assess.profile import gather
from stillwatch.assess.subjects import settle
from stillwatch.engine import Engine, Query, literal
from stillwatch.engine.factory import open_engine
from stillwatch.job import Inputs, Job, Window, resolve
from stillwatch.settings import EngineSettings, Settings
from stillwatch_lab.known_accounts import known_at

# The two generators name the columns of their truth differently; both are read as accounts (`account_id`, `kind`) and
# exchanges of campaigns (`exchange_id`, `profile`).
LAB_TRUTH = {
    "accounts": "SELECT account_id, kind FROM read_parquet('{truth}/accounts.parquet')",
    "exchanges": (
        "SELECT exchange_id, rung AS profile FROM read_parquet('{truth}/exchanges.parquet') "
        "JOIN read_parquet('{truth}/campaigns.parquet') USING (campaign_id)"
    ),
}
OTHER_TRUTH = {
    "accounts": "SELECT account_id, kind FROM read_parquet('{truth}/truth_accounts.parquet')",
    "exchanges": (
        "SELECT exchange_id, rung AS profile FROM read_parquet('{truth}/truth_exchanges.parquet') AS e "
        "JOIN (SELECT campaign, rung FROM read_parquet('{truth}/truth_campaigns.parquet')) USING (campaign)"
    ),
}


ALL = Window()
EARLIEST, LATEST = 0.05, 0.95  # of a log's span, between which it is cut


def main() -> None:
    """Appends the groups of each world to OUT, one JSON object a line, compressed where its name ends in .gz."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path, help="file of JSON lines to append to")
    parser.add_argument("worlds", type=Path, nargs="+", help="folders with exchanges, accounts.parquet, truth, …")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--kept", type=Path, help="folder where read and sketched exchanges of each world are kept")
    parser.add_argument(
        "--cuts", type=int, default=0, help="how often to read each world up to some moment, in place of all of it"
    )
    wanted = parser.parse_args()
    for world in wanted.worlds:
        kept = None if wanted.kept is None else wanted.kept / world.name
        if wanted.cuts:
            found = [one for at in moments(world, wanted.cuts) for one in groups_until(world, at, wanted.threads)]
        else:
            found = [*groups_of(world, wanted.threads, kept)]
        with opened(wanted.out, "at") as file:
            file.writelines(json.dumps(one) + "\n" for one in found)
        sys.stdout.write(f"{world}: {len(found)} groups\n")
        sys.stdout.flush()


def opened(path: Path, mode: str) -> IO[Any]:
    """A text file, which is compressed where its name ends in .gz."""
    return cast(IO[Any], (gzip.open if path.suffix == ".gz" else open)(path, mode, encoding="utf-8"))


def moments(world: Path, count: int) -> list[datetime]:
    """Moments of a world's span at which a watch may look, drawn from its name."""
    times = pc.min_max(pq.read_table(world / "exchanges", columns=["started_at"])["started_at"]).as_py()
    generator = random.Random(f"moments of {world.name}")
    return [times["min"] + generator.uniform(EARLIEST, LATEST) * (times["max"] - times["min"]) for _ in range(count)]


def groups_until(world: Path, until: datetime, threads: int = 1) -> Iterator[dict[str, Any]]:
    """The groups of what a world has logged before a moment."""
    with tempfile.TemporaryDirectory() as parent:
        cut = Path(parent) / world.name
        cut.mkdir()
        for name in ("exchanges", "truth", "permits.parquet"):
            if (world / name).exists():
                (cut / name).symlink_to((world / name).absolute())
        pq.write_table(known_at(pq.read_table(world / "accounts.parquet"), until), cut / "accounts.parquet")
        yield from groups_of(cut, threads, window=Window(until=until))


def groups_of(
    world: Path, threads: int = 1, kept: Path | None = None, window: Window = ALL
) -> Iterator[dict[str, Any]]:
    """Every candidate group of a world of which something may be accused, and of what its exchanges are in truth.

    `measures` are those of `stillwatch.assess.measures`, `beyond` bits an account of shared values that strangers do
    not come to share, `watched_days` those from the group's first exchange to the end of the log. `truth` gives the
    share of the group's exchanges by campaign profile (`extraction`), and of all others by kind of account
    (`innocent`).
    """
    inputs = Inputs(
        (str(world / "exchanges"),),
        (str(world / "accounts.parquet"),) if (world / "accounts.parquet").exists() else (),
        (str(world / "permits.parquet"),) if (world / "permits.parquet").exists() else (),
    )
    job = resolve(inputs, window, settings=Settings(engine=EngineSettings(threads=threads)))
    if kept is not None and not kept.exists():
        kept.mkdir(parents=True)
        with open_engine(job.settings.engine, kept.parent, kept) as engine:
            flow.run([read, sketch], engine, job)
            engine.save()
    with tempfile.TemporaryDirectory(dir=None if kept is None else kept.parent) as parent:
        checkpoint = None if kept is None else _linked(kept, Path(parent) / "kept")
        yield from _groups(world, job, Path(parent), checkpoint)


def _linked(kept: Path, to: Path) -> Path:
    """A copy of a kept folder, of which later stages may overwrite nothing."""
    to.mkdir()
    for path in kept.iterdir():
        if path.is_file():
            (shutil.copy if path.suffix == ".duckdb" else os.link)(path, to / path.name)
        elif path.name != "spill":
            shutil.copytree(path, to / path.name, copy_function=os.link)
    return to


def _groups(world: Path, job: Job, parent: Path, checkpoint: Path | None) -> Iterator[dict[str, Any]]:
    with open_engine(job.settings.engine, parent, checkpoint) as engine:
        flow.run([read, sketch, link, group] if checkpoint is None else [link, group], engine, job)
        settle(engine)
        _load_truth(engine, world / "truth")
        shares = _truth(engine)
        for profile in gather(engine):
            if profile.accounts:
                yield {
                    "world": world.name,
                    "truth": _rounded(shares.get(profile.candidate_id, {"extraction": {}, "innocent": {}})),
                    "accounts": profile.accounts,
                    "exchanges": profile.exchanges,
                    "watched_days": round(profile.watched_days, 2),
                    "beyond": round(beyond_strangers(profile), 3),
                    "measures": {name: round(value, 6) for name, value in measured(profile).items()},
                }


def _rounded(shares: dict[str, dict[str, float]]) -> dict[str, dict[str, float]]:
    return {sort: {name: round(share, 4) for name, share in of.items()} for sort, of in shares.items()}


def _load_truth(engine: Engine, truth: Path) -> None:
    for name, sql in (OTHER_TRUTH if (truth / "truth_accounts.parquet").exists() else LAB_TRUTH).items():
        engine.create(f"truth_{name}", Query(f"truth {name}", sql.format(truth=literal(str(truth))[1:-1])))


def _truth(engine: Engine) -> dict[str, dict[str, dict[str, float]]]:
    sql = """
SELECT
  found.candidate_id,
  truth_exchanges.profile,
  CASE WHEN truth_exchanges.profile IS NULL THEN coalesce(truth_accounts.kind, 'unknown') END AS kind,
  count(*) AS exchanges
FROM accusable_exchanges AS found
LEFT JOIN truth_exchanges USING (exchange_id)
LEFT JOIN truth_accounts USING (account_id)
GROUP BY ALL
"""
    rows = engine.fetch(Query("truth of candidates", sql)).to_pylist()
    total: dict[str, int] = {}
    for row in rows:
        total[row["candidate_id"]] = total.get(row["candidate_id"], 0) + row["exchanges"]
    found: dict[str, dict[str, dict[str, float]]] = {}
    for row in rows:
        shares = found.setdefault(row["candidate_id"], {"extraction": {}, "innocent": {}})
        sort, name = ("innocent", row["kind"]) if row["profile"] is None else ("extraction", row["profile"])
        shares[sort][name] = row["exchanges"] / total[row["candidate_id"]]
    return found


if __name__ == "__main__":
    main()
