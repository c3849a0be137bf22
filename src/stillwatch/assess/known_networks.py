"""What is known of networks after this run: how each stands now, and what is remembered of those that left the logs.

Logs that go back only so far forget a network piece by piece, so that the last run that finds one sees little of it.
What a run found of a network at its fullest is therefore remembered, until a run can judge its accounts again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from stillwatch.assess.latecomers import Standing, highest_rank
from stillwatch.assess.thresholds import LEFT_IN_LOGS, MOST_NETWORKS, MOST_VALUES
from stillwatch.engine import Engine, Query
from stillwatch.records.claims import ASKS_ALIKE, HABITS
from stillwatch.records.known_networks import FOUND_PROFILES
from stillwatch.records.lineage import NETWORK
from stillwatch.records.outputs import LEVELS, NETWORK_PROFILES, NETWORK_STANDINGS
from stillwatch.runs.known_networks import KnownNetworks, fresh, known_networks, profile_rows
from stillwatch.runs.lineage import Groups, History, newest_exchange, stored

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Now:
    """What this run says: its newest and its oldest exchange (UTC), its lineage, and the subjects people cleared."""

    newest: datetime
    oldest: datetime
    history: History
    cleared: Set[str]
    days: int  # for which networks are remembered


def write_known(
    engine: Engine, before: History, after: History, networks: Groups, cleared: Set[str], days: int
) -> None:
    """Writes `network_standings` and `network_profiles`: of this run's networks, and of those that are remembered.

    `before` and `after` are the lineage without and with this run.
    """
    newest = newest_exchange(engine)
    profiles = stored(engine, FOUND_PROFILES)
    profiles = profiles.append_column("remembered", pa.repeat(pa.scalar(False), profiles.num_rows))
    if newest is None:
        engine.store(NETWORK_STANDINGS, NETWORK_STANDINGS.schema.empty_table())
        engine.store(NETWORK_PROFILES, profiles.select(list(NETWORK_PROFILES.names)).cast(NETWORK_PROFILES.schema))
        return
    oldest = engine.fetch(Query("oldest exchange", "SELECT min(first_seen) AS at FROM account_sketches"))["at"][0]
    found = {str(row["network_id"]): row for row in _found(engine, networks, newest)}
    known = known_networks(engine)
    now = Now(newest, oldest.as_py(), after, cleared, days)
    left = left_in_logs(engine, before, known)
    kept = {name for name, row in known.standings.items() if remembers(row, found.get(name), left[name], now)}
    kept = set(sorted(kept, key=lambda name: (known.standings[name]["read_until"], name))[-MOST_NETWORKS:])
    rows = [*found.values(), *({**known.standings[name], "remembered": True} for name in sorted(kept))]
    engine.store(NETWORK_STANDINGS, pa.Table.from_pylist([dict(row) for row in rows], schema=NETWORK_STANDINGS.schema))
    back = _returned(before, known, found) - kept - cleared
    parts = (profiles, _bounded(known, kept | back), _former(known, set(found) - kept - back - cleared))
    both = pa.concat_tables(
        [table.select(list(NETWORK_PROFILES.names)).cast(NETWORK_PROFILES.schema) for table in parts]
    )
    engine.store(NETWORK_PROFILES, both)


def remembers(row: Row, found: Row | None, left: float, now: Now) -> bool:
    """Whether what was known of a network (`row`) is still so, beside what this run `found` of it.

    `left` is the share of the network's exchanges of then that the logs still have.
    """
    name, rank = row["network_id"], highest_rank(standing_of(row))
    if not rank or {name, row["campaign_id"]} & now.cleared or not fresh(row, now.newest, now.days):
        return False
    if found is None:
        return left < LEFT_IN_LOGS and name in now.history.known(NETWORK)  # not merged into another
    if highest_rank(standing_of(found)) < rank:
        return left < LEFT_IN_LOGS  # else its accounts were judged again
    return bool(found["accounts"] < row["accounts"] and row["read_until"] >= now.oldest)


def _returned(before: History, known: KnownNetworks, found: Collection[str]) -> set[str]:
    """The networks of this run that were missed, and of which what they were then is still known as such."""
    missed = set(before.events.filter(pc.equal(before.events["event"], "silent"))["subject"].to_pylist())
    silent = {name for name, one in before.known(NETWORK).items() if one.silent}
    return {
        name
        for name in found
        if name in missed and name in known.standings and (name in silent or known.standings[name]["remembered"])
    }


def _former(known: KnownNetworks, names: Set[str]) -> pa.Table:
    """What networks were before they returned, which no row of NETWORK_STANDINGS stands for: kept to compare alone."""
    own = [name for name in names if name in known.standings and not known.standings[name]["remembered"]]
    rows = known.profiles.filter(known.profiles["remembered"])
    return rows.filter(pc.is_in(rows["network_id"], pa.array(sorted(own), pa.string())))


def standing_of(row: Row) -> Standing:
    """How the accounts of a network stand, from its row of NETWORK_STANDINGS."""
    return Standing(row["campaign_id"], {level: row[level] / max(row["accounts"], 1) for level in LEVELS})


def members_in_logs_sql() -> Query:
    """The accounts that known networks ever had and this run's logs have, with their exchanges."""
    return Query(
        "members of known networks in the logs",
        """
SELECT members.subject, members.account_id, min(seen.exchanges) AS exchanges
FROM previous_members AS members
JOIN (SELECT DISTINCT network_id FROM previous_standings) AS known ON known.network_id = members.subject
JOIN account_sketches AS seen ON seen.account_id = members.account_id
GROUP BY members.subject, members.account_id
ORDER BY members.subject, members.account_id""",
    )


def left_in_logs(engine: Engine, before: History, known: KnownNetworks) -> dict[str, float]:
    """The share of each known network's exchanges that its accounts of then have in this run's logs."""
    if not known.standings:
        return {}
    exchanges: dict[str, dict[str, int]] = defaultdict(dict)
    for row in engine.fetch(members_in_logs_sql()).to_pylist():
        exchanges[row["subject"]][row["account_id"]] = row["exchanges"]
    found = {}
    for name, row in known.standings.items():
        accounts = before.accounts_at(name, row["read_until"])
        seen = sum(exchanges[name].get(account, 0) for account in accounts)
        found[name] = seen / max(row["exchanges"], 1)
    return found


def _found(engine: Engine, networks: Groups, at: datetime) -> Iterator[Row]:
    """How the accounts of each network stand in the campaign that most of them belong to."""
    members = engine.fetch(Query("levels", "SELECT campaign_id, account_id, level FROM campaign_members")).to_pylist()
    levels: dict[str, dict[str, str]] = defaultdict(dict)
    for row in members:
        levels[row["campaign_id"]][row["account_id"]] = row["level"]
    sent = engine.fetch(Query("sent", "SELECT network_id, exchanges FROM networks")).to_pylist()
    exchanges = {row["network_id"]: row["exchanges"] for row in sent}
    best: dict[str, Row] = {}
    campaigns = engine.fetch(Query("campaigns", "SELECT campaign_id, networks FROM campaigns ORDER BY campaign_id"))
    for row in campaigns.to_pylist():
        inside = levels[row["campaign_id"]]
        for name in row["networks"]:
            counted = [inside[account] for account in networks.get(name, ()) if account in inside]
            one = {
                "network_id": name,
                "campaign_id": row["campaign_id"],
                "remembered": False,
                "accounts": len(networks.get(name, ())),
                "exchanges": exchanges.get(name, 0),
                **{level: counted.count(level) for level in LEVELS},
                "read_until": at,
            }
            if name not in best or len(counted) > sum(best[name][level] for level in LEVELS):
                best[name] = one
    yield from best.values()


def _bounded(known: KnownNetworks, names: Set[str]) -> pa.Table:
    """The profiles of networks that are remembered: of each the values that say most of it."""
    rows = profile_rows(known, names)
    usage, rate = rows["usage"].to_numpy(), rows["rate"].to_numpy()
    bits = rows["accounts"].to_numpy() * np.log2(np.maximum(usage, 1e-6) / np.maximum(rate, 1e-9))
    network = rows["network_id"].combine_chunks().dictionary_encode().indices.to_numpy(zero_copy_only=False)
    # values, words and habits apart: none takes another's room
    habits = pc.is_in(rows["claim"], pa.array([one.name for one in HABITS])).to_numpy()
    sort = 3 * network.astype(np.int64) + pc.equal(rows["claim"], ASKS_ALIKE.name).to_numpy() + 2 * habits
    order = np.lexsort((rows["keyed"].to_numpy(), -bits, sort))
    rank = np.arange(len(order)) - np.searchsorted(sort[order], sort[order])
    chosen = rows.take(pa.array(np.sort(order[rank < MOST_VALUES])))
    return chosen.set_column(
        chosen.schema.get_field_index("remembered"), "remembered", pa.repeat(pa.scalar(True), chosen.num_rows)
    )
