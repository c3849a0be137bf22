"""What the last run knows of networks, as far as accounts that come after it are held against them."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

from stillwatch.assess.known_networks import standing_of
from stillwatch.assess.latecomers import Standing, highest_rank
from stillwatch.errors import InputError, reason_of
from stillwatch.link.joining import Profile, profiles_of
from stillwatch.records.outputs import NETWORK_MEMBERS, NETWORK_PROFILES, NETWORK_STANDINGS, NETWORKS
from stillwatch.runs.folder import MARKER
from stillwatch.runs.tables import table_of

Of = tuple[str, bool]
"""A network, and whether an earlier run found it so."""


@dataclass(frozen=True, slots=True)
class Found:
    """The networks that a run knows: profiles, accounts that it has judged, and how each network's accounts stand."""

    profiles: tuple[Profile, ...]
    members: dict[Of, set[str]]
    standings: dict[Of, Standing]
    accounts: int  # that the run had seen, among which it searched for networks

    @property
    def absent(self) -> tuple[Profile, ...]:
        """The remembered networks that stood higher than the run could find: their accounts left the logs.

        Accounts of theirs are looked for in all of the logs, since the run has not judged them.
        """
        return tuple(one for one in self.profiles if one.remembered and self._higher(one.network))

    def _higher(self, network: str) -> bool:
        remembered, found = (highest_rank(self.standings.get((network, own))) for own in (True, False))
        return remembered > found


def found_by(run: Path) -> Found:
    """Reads a run folder; raises InputError when it cannot be read."""
    rows = table_of(run, NETWORK_STANDINGS.name).to_pylist()
    sizes: dict[Of, int] = {
        (row["network_id"], False): row["accounts"] for row in table_of(run, NETWORKS.name).to_pylist()
    }
    sizes |= {(row["network_id"], True): row["accounts"] for row in rows if row["remembered"]}
    standings = {(row["network_id"], row["remembered"]): standing_of(row) for row in rows}
    profiles = tuple(profiles_of(table_of(run, NETWORK_PROFILES.name), sizes))
    found = Found(profiles, {}, standings, _accounts_seen(run))
    absent = {one.network for one in found.absent}
    # what little is back of a network that stood higher says less of it than what is remembered
    found = replace(found, profiles=tuple(one for one in profiles if one.remembered or one.network not in absent))
    for row in table_of(run, NETWORK_MEMBERS.name).to_pylist():
        name = row["network_id"]
        for of in ((name, False), (name, True)):
            if not (of[1] and name in absent):
                found.members.setdefault(of, set()).add(row["account_id"])
    return found


def _accounts_seen(run: Path) -> int:
    try:
        stages = json.loads((run / MARKER).read_text(encoding="utf-8"))["stages"]
        return max(int(stage["rows"].get("account_sketches", 0)) for stage in stages)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"`{run / MARKER}` cannot be read ({reason_of(error)}); remove the run folder") from error
