"""What the last run found, as far as accounts that come after it are held against it."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from stillwatch.assess.latecomers import Standing
from stillwatch.errors import InputError
from stillwatch.link.joining import Profile, profiles_of
from stillwatch.records import Table
from stillwatch.records.outputs import (
    CAMPAIGN_MEMBERS,
    CAMPAIGNS,
    NETWORK_MEMBERS,
    NETWORK_PROFILES,
    NETWORKS,
)
from stillwatch.runs.folder import MARKER


@dataclass(frozen=True, slots=True)
class Found:
    """The networks of a run: profiles, accounts, and how each network's accounts stand."""

    profiles: tuple[Profile, ...]
    members: dict[str, set[str]]
    standings: dict[str, Standing]
    accounts: int  # that the run had seen, among which it searched for networks


def found_by(run: Path) -> Found:
    """Reads a run folder; raises InputError when it cannot be read."""
    members: dict[str, set[str]] = defaultdict(set)
    for row in read(run, NETWORK_MEMBERS).to_pylist():
        members[row["network_id"]].add(row["account_id"])
    sizes = {row["network_id"]: row["accounts"] for row in read(run, NETWORKS).to_pylist()}
    return Found(
        tuple(profiles_of(read(run, NETWORK_PROFILES), sizes)),
        dict(members),
        _standings(run, members),
        _accounts_seen(run),
    )


def read(run: Path, table: Table) -> pa.Table:
    """One table of a run folder; raises InputError when it cannot be read."""
    path = run / f"{table.name}.parquet"
    try:
        return pq.read_table(path)
    except (OSError, pa.ArrowException) as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"`{path}` cannot be read ({reason}); remove the run folder, and it is made again") from error


def _standings(run: Path, members: dict[str, set[str]]) -> dict[str, Standing]:
    """How the accounts of each network stand in the campaign that most of them belong to."""
    levels: dict[str, dict[str, str]] = defaultdict(dict)
    for row in read(run, CAMPAIGN_MEMBERS).to_pylist():
        levels[row["campaign_id"]][row["account_id"]] = row["level"]
    best: dict[str, Standing] = {}
    for row in read(run, CAMPAIGNS).to_pylist():
        campaign = row["campaign_id"]
        for network in row["networks"]:
            inside = [levels[campaign][one] for one in members.get(network, ()) if one in levels[campaign]]
            shares = {level: inside.count(level) / len(members[network]) for level in set(inside)}
            standing = Standing(campaign, shares)
            if network not in best or sum(shares.values()) > sum(best[network].shares.values()):
                best[network] = standing
    return best


def _accounts_seen(run: Path) -> int:
    try:
        stages = json.loads((run / MARKER).read_text(encoding="utf-8"))["stages"]
        return max(int(stage["rows"].get("account_sketches", 0)) for stage in stages)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"`{run / MARKER}` cannot be read ({error}); remove the run folder") from error
