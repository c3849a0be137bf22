"""The truth of a world, in the files that scores are computed against."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

import stillwatch
from stillwatch.records.inputs import PERMITS
from stillwatch_lab.worlds.draft import (
    INNOCENT,
    NONE,
    ORGANIC,
    ROLES,
    World,
)
from stillwatch_lab.worlds.draws import Wholes, key_of
from stillwatch_lab.worlds.identity.clients import CLIENTS
from stillwatch_lab.worlds.identity.identifiers import identifiers
from stillwatch_lab.worlds.log.files import DecidedWorld, exchange_ids
from stillwatch_lab.worlds.population import registrations


def group_ids(world: World) -> list[str]:
    """The public id of every group."""
    return _ids(world, "group", len(world.groups))


def campaign_ids(world: World) -> list[str]:
    """The public id of every campaign."""
    return _ids(world, "campaign", len(world.campaigns))


def in_campaign(decided: DecidedWorld) -> Wholes:
    """The campaign (index into World.campaigns) that each exchange belongs to, NONE for innocent exchanges.

    A replay belongs to the campaign of the group that makes it, whoever wrote the conversation.
    """
    campaign = np.array([*(program.campaign for program in decided.world.programs), NONE], dtype=np.int64)
    written = decided.conversations.program[decided.exchanges.conversation]
    serves = campaign[np.where(written == NONE, len(campaign) - 1, written)]
    again = decided.exchanges.replay
    serves[again] = _first_campaigns(decided.world)[decided.world.accounts.group[decided.exchanges.account[again]]]
    return np.asarray(serves)


def write_truth(decided: DecidedWorld, out: Path, seed: int) -> None:
    """Writes `accounts`, `exchanges` and `campaigns` as Parquet, and `world.json`, into `out`.

    `parts` is written too if a campaign's accounts do different things: the `part` of each exchange that is `probe` or
    `replay`, which belong to the campaign, or `kept` (customers' words that a relay keeps) or `cover`, which do not.

    `accounts` holds the campaign that most of an account's exchanges belong to; `exchanges` holds the campaign of each
    exchange. The column `rung` of `campaigns`, and the key `rung` of `world.json`, hold the campaign profile. Their
    name is that of earlier versions, so that worlds and their scores stay comparable.
    """
    out.mkdir(parents=True, exist_ok=True)
    serves = in_campaign(decided)
    ids = campaign_ids(decided.world)
    _save(_accounts(decided, serves), out / "accounts.parquet", "account_id")
    mine = np.flatnonzero(serves != NONE)
    exchanges = pa.table(
        {
            "exchange_id": exchange_ids(decided.keys[mine]),
            "account_id": decided.ids.take(pa.array(decided.exchanges.account[mine])),
            "campaign_id": _named(ids, serves[mine]),
        }
    )
    _save(exchanges, out / "exchanges.parquet", "exchange_id")
    _save(_campaigns(decided, ids, serves), out / "campaigns.parquet", "campaign_id")
    parts = _parts(decided, serves)
    if parts.num_rows:
        _save(parts, out / "parts.parquet", "exchange_id")
    (out / "world.json").write_text(json.dumps(_described(decided, seed), indent=1, sort_keys=True) + "\n")


def permits_table(world: World) -> pa.Table:
    """The contract's permits table."""
    keys = np.array([key_of(world.key, "permit", number) for number in range(len(world.permits))], dtype=np.uint64)
    days = np.array([[permit.first, permit.last] for permit in world.permits], dtype=np.float64).reshape(-1, 2)
    columns = {
        "permit_id": identifiers(keys, 16),
        "holder": pa.array(
            [registrations.organisation_id(world, permit.organisation) for permit in world.permits], pa.string()
        ),
        "purpose": pa.array([permit.purpose for permit in world.permits], pa.string()),
        "valid_from": registrations.moments(world.span.begins, days[:, 0]),
        "valid_until": registrations.moments(world.span.begins, days[:, 1]),
        "models": pa.nulls(len(keys), pa.list_(pa.string())),
        "exchange_limit": pa.array([permit.limit for permit in world.permits], pa.int64()),
        "duties": pa.nulls(len(keys), pa.list_(pa.string())),
    }
    return pa.table(columns, schema=PERMITS.schema).sort_by("permit_id")


def _accounts(decided: DecidedWorld, serves: Wholes) -> pa.Table:
    world = decided.world
    group = world.accounts.group
    roles = np.array([*(one.role for one in world.groups), ORGANIC])[group]
    kinds = [*(one.kind for one in world.groups), "person", "harvest"]
    kind, campaign = np.where(group == NONE, len(kinds) - 2, group), _mostly(decided, serves)
    idle = _spared(decided, serves)
    roles[idle], kind[idle], campaign[idle] = INNOCENT, len(kinds) - 1, NONE
    return pa.table(
        {
            "account_id": decided.ids,
            "role": pa.array(ROLES).take(pa.array(roles)),
            "kind": pa.array(kinds).take(pa.array(kind)),
            "group_id": _named(group_ids(world), group),
            "campaign_id": _named(campaign_ids(world), campaign),
        }
    )


def _spared(decided: DecidedWorld, serves: Wholes) -> NDArray[np.bool_]:
    """Marks accounts of a relay that only keep customers' words while others of it work for a campaign."""
    spares = np.array([*(group.spares for group in decided.world.groups), False])[decided.world.accounts.group]
    works = np.zeros(len(spares), dtype=np.bool_)
    works[decided.exchanges.account[serves != NONE]] = True
    return np.asarray(spares & ~works)


def _parts(decided: DecidedWorld, serves: Wholes) -> pa.Table:
    """The exchanges of campaigns' accounts that are something else than plain extraction, and what they are."""
    world, exchanges = decided.world, decided.exchanges
    probing = np.array([*(program.part == "probe" for program in world.programs), False])
    names = ["", "probe", "replay", *(group.aside for group in world.groups), ""]
    aside = 3 + np.where(world.accounts.group == NONE, len(world.groups), world.accounts.group)[exchanges.account]
    part = np.where(serves == NONE, aside, 0)
    part[(serves != NONE) & probing[decided.conversations.program[exchanges.conversation]]] = 1
    part[(serves != NONE) & exchanges.replay] = 2
    told = np.flatnonzero(np.array([name != "" for name in names])[part])
    return pa.table(
        {
            "exchange_id": exchange_ids(decided.keys[told]),
            "account_id": decided.ids.take(pa.array(exchanges.account[told])),
            "part": pa.array(names).take(pa.array(part[told])),
        }
    )


def _mostly(decided: DecidedWorld, serves: Wholes) -> Wholes:
    """The campaign that most of an account's exchanges belong to.

    An account of a campaign's group that made no exchange for any campaign counts for the group's first campaign.
    """
    world = decided.world
    found = _first_campaigns(world)[world.accounts.group]
    campaigns = len(world.campaigns)
    if campaigns:
        mine = serves != NONE
        code = decided.exchanges.account[mine] * campaigns + serves[mine]
        count = np.bincount(code, minlength=len(found) * campaigns).reshape(-1, campaigns)
        busy = count.any(axis=1)
        found[busy] = np.argmax(count[busy], axis=1)
    return found


def _first_campaigns(world: World) -> Wholes:
    """The first campaign of each group, and NONE at the end, for accounts in no group."""
    return np.array(
        [*(world.programs[one.programs[0]].campaign if one.programs else NONE for one in world.groups), NONE]
    )


def _campaigns(decided: DecidedWorld, ids: list[str], serves: Wholes) -> pa.Table:
    world, exchanges = decided.world, decided.exchanges
    rows = []
    for number, campaign in enumerate(world.campaigns):
        mine = np.flatnonzero(serves == number)
        if not len(mine):
            continue
        first, last = (
            world.span.moment(float(edge)) for edge in (exchanges.day[mine].min(), exchanges.day[mine].max())
        )
        accounts = len(np.unique(exchanges.account[mine]))
        rows.append((ids[number], campaign.profile, accounts, len(mine), first, last, sorted(campaign.targets.items())))
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


def _described(decided: DecidedWorld, seed: int) -> dict[str, object]:
    world = decided.world
    groups, campaigns = group_ids(world), campaign_ids(world)
    serving = [
        [campaigns[number] for one in group.programs if (number := world.programs[one].campaign) != NONE]
        for group in world.groups
    ]
    return {
        "version": stillwatch.__version__,
        "seed": seed,
        "begins": world.span.begins.isoformat(),
        "days": world.span.days,
        "release_day": world.span.release,
        "addresses": world.ranges.source,
        "client_headers": "as seen in real calls" if world.clients is not CLIENTS else "invented",
        "not_logged": {channel: list(columns) for channel, columns in decided.blanks.items()},
        "parameters": world.parameters.drawn,
        "groups": [
            {
                "group_id": groups[number],
                "kind": group.kind,
                "role": ROLES[group.role],
                "accounts": len(group.accounts),
                "campaigns": serving[number],
                "parameters": group.parameters.drawn,
            }
            for number, group in enumerate(world.groups)
        ],
        "campaigns": [
            {
                "campaign_id": name,
                "name": campaign.name,
                "rung": campaign.profile,
                "targets": campaign.targets,
                "groups": [groups[number] for number, some in enumerate(serving) if name in some],
            }
            for name, campaign in zip(campaigns, world.campaigns, strict=True)
        ],
    }


def _ids(world: World, name: str, count: int) -> list[str]:
    keys = np.array([key_of(world.key, name, number) for number in range(count)], dtype=np.uint64)
    return [str(mark) for mark in identifiers(keys, 12).to_pylist()]


def _named(ids: list[str], index: NDArray[np.int64]) -> pa.Array:
    return pa.array([*ids, None], pa.string()).take(pa.array(np.where(index == NONE, len(ids), index)))


def _save(table: pa.Table, path: Path, by: str) -> None:
    pq.write_table(table.sort_by(by), path, compression="zstd")
