"""Linkers of accounts: Stillwatch's link stage, Splink on the accounts table, lockstep by the hour in SQL."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from stillwatch import (
    flow,
    link,
    read,
    sketch,
)
from stillwatch.engine.duckdb import DuckDBEngine
from stillwatch.job import Inputs, resolve
from stillwatch.records.outputs import NETWORK_MEMBERS, NETWORKS
from stillwatch.settings import EngineSettings, Settings
from stillwatch_lab.baselines.interface import SCORES, Baseline, Logs
from stillwatch_lab.baselines.ranking import CAMPAIGN, Flags, compare
from stillwatch_lab.benchmark.cost import Result, cpu_seconds

PER_100K = 100_000  # accounts, of which one innocent may be accused
# Every score here is the size of an account's group, less one, plus something up to 1, or size times at least 0.95:
# in both, accounts of groups of at least n are those above n - 1, as long as n is at most 20.
LEAST_SIZES = (2, 8)  # the smallest group, and the smallest network that Stillwatch claims


def stillwatch_link(sketches: str, accounts: str, out: str, threads: int) -> Result:
    """Reads the sketches, links, and scores each account by its network."""
    folder = Path(out).parent
    settings = Settings(engine=EngineSettings(threads=threads))
    job = resolve(Inputs((sketches,), accounts=(accounts,)), settings=settings)
    stages: tuple[flow.Stage, ...] = (read, sketch, link)
    begun = _clocks()
    with tempfile.TemporaryDirectory(dir=folder) as staged, DuckDBEngine(settings.engine, Path(staged)) as engine:
        records = flow.run(stages, engine, job)
        for table in (NETWORKS, NETWORK_MEMBERS):
            engine.export(table, folder / f"{table.name}.parquet")
    pq.write_table(network_scores(*(folder / f"{one.name}.parquet" for one in (NETWORKS, NETWORK_MEMBERS))), out)
    return {"work": _since(begun), "stages": {one.stage: [one.seconds, one.cpu_seconds] for one in records}}


def network_scores(networks: Path, members: Path) -> pa.Table:
    """Each member's score: the other members of its largest network plus its probability, as other linkers score."""
    sizes = pq.read_table(networks, columns=["network_id", "accounts"])
    rows = pq.read_table(members, columns=["network_id", "account_id", "probability"]).join(sizes, "network_id")
    score = pc.add(pc.subtract(rows["accounts"].cast(pa.float64()), 1.0), rows["probability"])
    best = rows.append_column("score", score).group_by("account_id").aggregate([("score", "max")])
    found = pa.table({"account_id": best["account_id"], "score": best["score_max"]}, schema=SCORES)
    return found.sort_by("account_id")


def acted(run: Path, truth: Path) -> Result:
    """The numbers of campaign accounts and of innocents that a whole scan puts at `act`."""
    members = pq.read_table(run / "campaign_members.parquet", columns=["account_id", "level"])
    named = members.filter(pc.field("level") == "act")["account_id"].unique()
    known = pq.read_table(truth / "accounts.parquet", columns=["account_id", "role"])
    roles = known.filter(pc.is_in(known["account_id"], named))["role"]
    guilty = int(pc.sum(pc.equal(roles, CAMPAIGN)).as_py() or 0)
    return {"campaign_accounts": guilty, "innocents": len(roles) - guilty}


def baseline(one: Baseline, sketches: str, accounts: str, out: str, threads: int) -> Result:
    """Writes a baseline's scores as Parquet to `out`."""
    begun = _clocks()
    with tempfile.TemporaryDirectory() as folder, DuckDBEngine(EngineSettings(threads=threads), Path(folder)) as engine:
        pq.write_table(one.scores(engine, Logs(sketches, accounts)), out)
    return {"work": _since(begun)}


def _clocks() -> tuple[float, float]:
    """Wall and processor seconds, taken after the imports that all linkers have in common."""
    return time.perf_counter(), cpu_seconds()


def _since(begun: tuple[float, float]) -> list[float]:
    return [now - then for now, then in zip(_clocks(), begun, strict=True)]


def judged(scores: Path, truth: Path) -> Result:
    """A linker's scores compared with the truth: the accounts in its groups, and recall at one innocent per 100,000."""
    known = pq.read_table(truth / "accounts.parquet", columns=["account_id", "role", "kind"])
    found = pq.read_table(scores)
    ranked = compare(found, truth, len(known) // PER_100K)
    joined = known.join(found, "account_id", join_type="left outer")
    score = pc.fill_null(joined["score"], 0.0).to_numpy()
    guilty = pc.equal(joined["role"], CAMPAIGN).to_numpy()
    kinds = joined["kind"].to_numpy()
    grouped = {str(least): _grouped(score > least - 1, guilty, kinds) for least in LEAST_SIZES}
    return {
        "campaign_accounts": int(guilty.sum()),
        "innocents": int((~guilty).sum()),
        "grouped": grouped,
        "recall": ranked.recall,
        "profiles": ranked.profiles,
        "accused_innocents": ranked.innocents,
        "average_precision": ranked.average_precision,
    }


def _grouped(inside: Flags, guilty: Flags, kinds: NDArray[np.object_]) -> Result:
    names, counts = np.unique(kinds[inside & ~guilty], return_counts=True)
    return {
        "campaign_accounts": int((inside & guilty).sum()),
        "innocents": int((inside & ~guilty).sum()),
        "innocent_kinds": {str(name): int(count) for name, count in zip(names, counts, strict=True)},
    }
