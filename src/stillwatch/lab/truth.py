"""What is true of a world, in the files that scores are computed against."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

import stillwatch
from stillwatch.lab import registration
from stillwatch.lab.draft import CAMPAIGN, NONE, ORGANIC, ROLES, World
from stillwatch.lab.draws import Wholes, key_of
from stillwatch.lab.marks import marks
from stillwatch.lab.parts import Script, exchange_ids
from stillwatch.records.inputs import PERMITS


def group_ids(world: World) -> list[str]:
    """The public id of every group; a campaign's id is its group's."""
    keys = np.array([key_of(world.key, "group", number) for number in range(len(world.groups))], dtype=np.uint64)
    return [str(mark) for mark in marks(keys, 12).to_pylist()]


def in_campaign(whole: Script) -> Wholes:
    """For each exchange the group of the campaign it serves, NONE for all others."""
    world, exchanges = whole.world, whole.exchanges
    group = world.accounts.group[exchanges.account]
    campaign = np.array([one.role == CAMPAIGN for one in world.groups] or [False])
    programs = np.array([one.program for one in world.groups] or [NONE])
    written = whole.conversations.program[exchanges.conversation]
    serves = (group != NONE) & campaign[group] & (written == programs[group]) & (written != NONE)
    return np.where(serves, group, NONE)


def write_truth(whole: Script, out: Path, seed: int) -> None:
    """Write `accounts`, `exchanges` and `campaigns` Parquet and `world.json` into `out`."""
    out.mkdir(parents=True, exist_ok=True)
    serves = in_campaign(whole)
    ids = group_ids(whole.world)
    _save(_accounts(whole, ids), out / "accounts.parquet", "account_id")
    mine = np.flatnonzero(serves != NONE)
    exchanges = pa.table(
        {
            "exchange_id": exchange_ids(whole.keys[mine]),
            "account_id": whole.ids.take(pa.array(whole.exchanges.account[mine])),
            "campaign_id": _named(ids, serves[mine]),
        }
    )
    _save(exchanges, out / "exchanges.parquet", "exchange_id")
    _save(_campaigns(whole, ids, serves), out / "campaigns.parquet", "campaign_id")
    (out / "world.json").write_text(json.dumps(_described(whole.world, seed, ids), indent=1, sort_keys=True) + "\n")


def permits_table(world: World) -> pa.Table:
    """The contract's permits table."""
    keys = np.array([key_of(world.key, "permit", number) for number in range(len(world.permits))], dtype=np.uint64)
    days = np.array([[permit.first, permit.last] for permit in world.permits], dtype=np.float64).reshape(-1, 2)
    columns = {
        "permit_id": marks(keys, 16),
        "holder": pa.array(
            [registration.organisation_id(world, permit.organisation) for permit in world.permits], pa.string()
        ),
        "purpose": pa.array([permit.purpose for permit in world.permits], pa.string()),
        "valid_from": registration.moments(world.span.begins, days[:, 0]),
        "valid_until": registration.moments(world.span.begins, days[:, 1]),
        "models": pa.nulls(len(keys), pa.list_(pa.string())),
        "exchange_limit": pa.array([permit.limit for permit in world.permits], pa.int64()),
    }
    return pa.table(columns, schema=PERMITS.schema).sort_by("permit_id")


def _accounts(whole: Script, ids: list[str]) -> pa.Table:
    world = whole.world
    group = world.accounts.group
    roles = np.array([*(one.role for one in world.groups), ORGANIC])
    kinds = [*(one.kind for one in world.groups), "person"]
    campaign = np.where(roles[group] == CAMPAIGN, group, NONE)
    return pa.table(
        {
            "account_id": whole.ids,
            "role": pa.array(ROLES).take(pa.array(roles[group])),
            "kind": pa.array(kinds).take(pa.array(np.where(group == NONE, len(kinds) - 1, group))),
            "group_id": _named(ids, group),
            "campaign_id": _named(ids, campaign),
        }
    )


def _campaigns(whole: Script, ids: list[str], serves: Wholes) -> pa.Table:
    world, exchanges = whole.world, whole.exchanges
    rows = []
    for number, group in enumerate(world.groups):
        mine = np.flatnonzero(serves == number)
        if group.role != CAMPAIGN or not len(mine):
            continue
        first, last = (
            world.span.moment(float(edge)) for edge in (exchanges.day[mine].min(), exchanges.day[mine].max())
        )
        accounts = len(np.unique(exchanges.account[mine]))
        rows.append((ids[number], group.rung, accounts, len(mine), first, last, sorted(group.targets.items())))
    schema = pa.schema(
        [
            ("campaign_id", pa.string()),
            ("rung", pa.string()),
            ("accounts", pa.int64()),
            ("exchanges", pa.int64()),
            ("first_seen", pa.timestamp("us")),
            ("last_seen", pa.timestamp("us")),
            ("targets", pa.map_(pa.string(), pa.float64())),
        ]
    )
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(schema)
    return pa.table(
        [pa.array(list(column), field.type) for column, field in zip(columns, schema, strict=True)], schema=schema
    )


def _described(world: World, seed: int, ids: list[str]) -> dict[str, object]:
    return {
        "version": stillwatch.__version__,
        "seed": seed,
        "begins": world.span.begins.isoformat(),
        "days": world.span.days,
        "release_day": world.span.release,
        "parameters": world.parameters.drawn,
        "groups": [
            {
                "group_id": ids[number],
                "kind": group.kind,
                "role": ROLES[group.role],
                "accounts": len(group.accounts),
                "parameters": group.parameters.drawn,
            }
            for number, group in enumerate(world.groups)
        ],
    }


def _named(ids: list[str], index: NDArray[np.int64]) -> pa.Array:
    return pa.array([*ids, None], pa.string()).take(pa.array(np.where(index == NONE, len(ids), index)))


def _save(table: pa.Table, path: Path, by: str) -> None:
    pq.write_table(table.sort_by(by), path, compression="zstd")
