"""What the last run found, as far as accounts that come after it are held against it."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from stillwatch.assess.latecomers import Standing
from stillwatch.errors import InputError
from stillwatch.link.joining import Profile, profiles_of
from stillwatch.records.outputs import (
    CAMPAIGN_MEMBERS,
    CAMPAIGNS,
    NETWORK_MEMBERS,
    NETWORK_PROFILES,
    NETWORKS,
)
from stillwatch.runs.folder import MARKER
from stillwatch.runs.tables import table_of


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
    for row in table_of(run, NETWORK_MEMBERS.name).to_pylist():
        members[row["network_id"]].add(row["account_id"])
    sizes = {row["network_id"]: row["accounts"] for row in table_of(run, NETWORKS.name).to_pylist()}
    return Found(
        tuple(profiles_of(table_of(run, NETWORK_PROFILES.name), sizes)),
        dict(members),
        _standings(run, members),
        _accounts_seen(run),
    )


def _standings(run: Path, members: dict[str, set[str]]) -> dict[str, Standing]:
    """How the accounts of each network stand in the campaign that most of them belong to."""
    levels: dict[str, dict[str, str]] = defaultdict(dict)
    for row in table_of(run, CAMPAIGN_MEMBERS.name).to_pylist():
        levels[row["campaign_id"]][row["account_id"]] = row["level"]
    best: dict[str, Standing] = {}
    for row in table_of(run, CAMPAIGNS.name).to_pylist():
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
