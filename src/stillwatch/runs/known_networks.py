"""What earlier runs knew of networks: by what each is recognised, and how its accounts stood."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from stillwatch.engine import Engine
from stillwatch.records.known_networks import PREVIOUS_PROFILES, PREVIOUS_STANDINGS
from stillwatch.runs.lineage import Known, stored

RECOGNISED = 0.5  # share of a network's accounts that must share what an earlier network did, for it to be that one
LEAST_RECOGNISED = 2


@dataclass(frozen=True, slots=True)
class KnownNetworks:
    """The networks that an earlier run knew: `standings` has one row each, and `profiles` the values of each."""

    profiles: pa.Table
    standings: Mapping[str, Mapping[str, Any]]


def known_networks(engine: Engine) -> KnownNetworks:
    """What the run that this one continues knew: of each network what it remembered, or else what it found itself."""
    profiles, rows = stored(engine, PREVIOUS_PROFILES), stored(engine, PREVIOUS_STANDINGS).to_pylist()
    standings: dict[str, Mapping[str, Any]] = {}
    for row in sorted(rows, key=lambda row: bool(row["remembered"])):
        standings[row["network_id"]] = row
    return KnownNetworks(profiles, standings)


def profile_rows(known: KnownNetworks, names: Set[str]) -> pa.Table:
    """The profiles of some of the networks, as rows of PREVIOUS_PROFILES."""
    parts = [
        known.profiles.filter(
            pc.and_(pc.equal(known.profiles["network_id"], name), pc.equal(known.profiles["remembered"], own))
        )
        for name, own in sorted((name, bool(known.standings[name]["remembered"])) for name in names)
    ]
    return pa.concat_tables([PREVIOUS_PROFILES.schema.empty_table(), *parts])


def fresh(row: Mapping[str, Any], now: datetime, days: int) -> bool:
    """Whether a network that was known at the row's time is remembered at `now`, so many `days` being set."""
    then: datetime = row["read_until"]
    return days > 0 and now - then <= timedelta(days=days)


def recognised(found: Mapping[str, Set[str]], groups: Sequence[Set[str]]) -> dict[str, frozenset[str]]:
    """The accounts by which networks of this run (`groups`) are networks of earlier runs, by the earlier network.

    `found` are the accounts that share what each earlier network did. They count within a group of which they are most.
    """
    result: dict[str, frozenset[str]] = {}
    for name, accounts in found.items():
        inside = [accounts & group for group in groups]
        most = [
            mine
            for mine, group in zip(inside, groups, strict=True)
            if len(mine) >= max(LEAST_RECOGNISED, RECOGNISED * len(group))
        ]
        if most:
            result[name] = frozenset().union(*most)
    return result


def remembered_campaigns(engine: Engine, groups: Mapping[str, Collection[str]]) -> dict[str, frozenset[str]]:
    """By the campaign that is remembered of a network the accounts (`groups`, by network) that the network has now."""
    standings = known_networks(engine).standings
    return {
        row["campaign_id"]: frozenset(groups[name])
        for name, row in standings.items()
        if row["remembered"] and name in groups
    }


def with_accounts(known: Mapping[str, Known], more: Mapping[str, Set[str]]) -> dict[str, Known]:
    """The subjects of earlier runs, each with the accounts by which it is recognised as well."""
    return {name: replace(one, accounts=one.accounts | more.get(name, frozenset())) for name, one in known.items()}
