"""The product's stages up to grouping on a real set: the networks, what holds each together, and its group tests."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from bench.coordination.real_set import RealSet
from stillwatch import flow, group, link, read, sketch
from stillwatch.engine import Engine, Query
from stillwatch.engine.duckdb import DuckDBEngine
from stillwatch.job import Inputs, resolve
from stillwatch.records.claims import SHARED_VALUES
from stillwatch.records.sketches import EXCHANGE_SKETCHES
from stillwatch.settings import EngineSettings, ReadSettings, Settings

STAGES: tuple[flow.Stage, ...] = (read, sketch, link, group)
GROUP_OF = {value.name: value.independence_group for value in SHARED_VALUES}
WIDESPREAD = (
    1 / 3
)  # share of a network's accounts that hold some value of a sort, from which the sort holds it together


@dataclass(frozen=True, slots=True)
class Network:
    """One network: its accounts, the independence groups of its values, and the statistics of its candidate if any."""

    accounts: frozenset[str]
    shares: tuple[str, ...]
    tests: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Linked:
    """What linking makes of a set: its networks, the accounts that resemble no single person, and the input of others.

    `sketches` is the path of the sketches, `accounts` that of the accounts.
    """

    networks: tuple[Network, ...]
    like_no_person: frozenset[str]
    sketches: Path
    accounts: Path | None


def linked(real: RealSet, folder: Path, threads: int) -> Linked:
    """Reads, sketches, links and groups a set; what is written goes into `folder`, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    exchanges, accounts = real.write(folder)
    # the sets are older than any hosted model, whose years are all that a log may hold
    read_all = ReadSettings(earliest=datetime(2000, 1, 1))
    settings = Settings(engine=EngineSettings(threads=threads), read=read_all)
    job = resolve(Inputs((str(exchanges),), (str(accounts),) if accounts else ()), settings=settings)
    sketches = folder / "exchange_sketches.parquet"
    with tempfile.TemporaryDirectory(dir=folder) as work, DuckDBEngine(settings.engine, Path(work)) as engine:
        flow.run(STAGES, engine, job)
        engine.export(EXCHANGE_SKETCHES, sketches)
        return Linked(_networks(engine), _like_no_person(engine), sketches, accounts)


def _networks(engine: Engine) -> tuple[Network, ...]:
    members: dict[str, set[str]] = {}
    for row in _rows(engine, "SELECT network_id, account_id FROM network_members"):
        members.setdefault(row["network_id"], set()).add(row["account_id"])
    shares: dict[str, set[str]] = {}
    # an account of several values of a sort counts several times
    held = "SELECT network_id, claim, CAST(sum(accounts) AS BIGINT) AS holders FROM network_values GROUP BY ALL"
    for row in _rows(engine, held):
        if row["holders"] >= WIDESPREAD * len(members[row["network_id"]]):
            shares.setdefault(row["network_id"], set()).add(GROUP_OF[row["claim"]])
    tests: dict[str, dict[str, float]] = {}
    tested = "SELECT network_id, test, statistic FROM group_tests JOIN candidate_campaigns USING (candidate_id)"
    for row in _rows(engine, f"{tested} WHERE statistic IS NOT NULL ORDER BY network_id, test"):
        tests.setdefault(row["network_id"], {})[row["test"]] = round(row["statistic"], 3)
    return tuple(
        Network(frozenset(accounts), tuple(sorted(shares.get(name, ()))), tests.get(name, {}))
        for name, accounts in sorted(members.items(), key=lambda one: (-len(one[1]), one[0]))
    )


def _like_no_person(engine: Engine) -> frozenset[str]:
    """Accounts whose own questions rather speak against one person."""
    rows = _rows(engine, "SELECT account_id FROM account_evidence WHERE memoryless_bits >= 1")
    return frozenset(row["account_id"] for row in rows)


def _rows(engine: Engine, sql: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = engine.fetch(Query("coordination", sql)).to_pylist()
    return found
