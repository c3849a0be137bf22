"""What a network shares, in a form against which accounts can be held that come after the run.

A profile has no text: what exchanges carry stands in it as the sketches have it, what accounts state as a hash under
the run's key.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from stillwatch.engine import Engine
from stillwatch.job import Job
from stillwatch.key import Key
from stillwatch.link.acceptance import Bicluster
from stillwatch.link.graph import Graph, edges_inside, stated_rows
from stillwatch.link.habits import habit_rows
from stillwatch.link.ties import EARLIER, Lives
from stillwatch.link.values import ATTRIBUTES
from stillwatch.link.words import word_rows
from stillwatch.records.claims import ASKS_ALIKE, switched_off
from stillwatch.records.columns import Kind, Table, columns
from stillwatch.records.known_networks import FOUND_PROFILES

Int64 = NDArray[np.int64]

_HOLDERS = Table("holders_of_kept_values", columns(Kind.INT32, "account_index"))
_OF_HOLDERS = f"""(
  SELECT sketches.account_id, sketches.account_index, sketches.first_seen
  FROM account_sketches AS sketches
  JOIN {_HOLDERS.name} USING (account_index)
)"""
_STATED = np.array([attribute.source == "accounts" for attribute in ATTRIBUTES])
_COMPARED = np.array([attribute.source != "groups" for attribute in ATTRIBUTES])
"""Attributes that an account can hold by itself; handovers and pools are found between accounts."""


def write_profiles(
    engine: Engine,
    graph: Graph,
    named: Sequence[tuple[str, Bicluster]],
    lives: Lives,
    job: Job,
) -> None:
    """Writes `found_profiles`: values and words by which a network is recognised in later accounts, and its habits."""
    parts = [_profile(name, bicluster, graph, lives) for name, bicluster in named]
    columns = {name: np.concatenate([np.empty(0, np.int64), *(part[name] for part in parts)]) for name in _INTEGERS}
    usage, rate = (np.concatenate([np.empty(0), *(part[name] for part in parts)]) for name in ("usage", "rate"))
    names = [name for (name, _), part in zip(named, parts, strict=True) for _ in part["value"]]
    keyed = _keyed(engine, graph, columns["value"].astype(np.int64), job.key, job.settings.read.trusted_hops)
    known = keyed.is_valid()
    rows = pa.table(
        {
            "network_id": pa.array(names, pa.string()),
            "claim": pa.array([ATTRIBUTES[code].claim for code in columns["code"].astype(int)], pa.string()),
            "keyed": keyed,
            "accounts": columns["accounts"],
            "usage": usage,
            "rate": rate,
            "held_since": pa.array(columns["held_since"].astype(np.int64), pa.timestamp("us")),
        }
    )
    tables = [rows.filter(known)]
    off, members = switched_off(job.settings.evidence.off), [(name, one.members) for name, one in named]
    if ASKS_ALIKE.name not in off:
        tables += word_rows(engine, members, graph.accounts)
    tables += habit_rows(engine, members, lives, off)
    engine.store(FOUND_PROFILES, pa.concat_tables([part.cast(FOUND_PROFILES.schema) for part in tables]))


_INTEGERS = ("value", "code", "accounts", "held_since")


def _profile(name: str, bicluster: Bicluster, graph: Graph, lives: Lives) -> dict[str, NDArray[np.generic]]:
    found = bicluster.found
    kept = np.flatnonzero(_COMPARED[graph.attribute[found.values]])
    return {
        "value": found.values[kept].astype(np.int64),
        "code": graph.attribute[found.values[kept]].astype(np.int64),
        "accounts": found.inside[kept].astype(np.int64),
        "held_since": _held_since(graph, bicluster, lives)[kept],
        "usage": found.usage[kept],
        # a later account's country may be any: the largest rate says least of it
        "rate": found.rate[kept].max(axis=1) if len(kept) else np.empty(0),
    }


def _held_since(graph: Graph, bicluster: Bicluster, lives: Lives) -> Int64:
    """Since when (values,) in µs so many members hold each value that one who takes it up later took it from them."""
    inside = edges_inside(graph, bicluster.members, bicluster.found.values)
    attribute = graph.attribute[bicluster.found.values][inside.value]
    account = bicluster.members[inside.member]
    at = np.where(_STATED[attribute], lives.created_at[account], inside.at)
    order = np.lexsort((at, inside.value))
    values = len(bicluster.found.values)
    start = np.searchsorted(inside.value[order], np.arange(values))
    last = np.searchsorted(inside.value[order], np.arange(values), side="right") - 1
    place = np.minimum(start + EARLIER - 1, last)
    since = at[order][place]
    return np.asarray(np.minimum(since, _NEVER), np.int64)


_NEVER = int(np.datetime64("9999-01-01", "us").astype(np.int64))  # the time of who is in no accounts table


def _keyed(engine: Engine, graph: Graph, values: Int64, key: Key, trusted_hops: int) -> pa.Array:
    """The values (n,) as profiles hold them; null for a stated value whose text is not found."""
    attribute = graph.attribute[values]
    stated = np.flatnonzero(_STATED[attribute])
    keyed = graph.keyed[values].copy()
    known = np.ones(len(values), bool)
    known[stated] = False
    for code in np.unique(attribute[stated]).tolist():
        of_code = stated[attribute[stated] == code]
        first = graph.holder[graph.value_start[values[of_code]]]
        engine.store(_HOLDERS, pa.table({"account_index": np.unique(first)}).cast(_HOLDERS.schema))
        rows = stated_rows(engine, code, trusted_hops, _OF_HOLDERS)
        account, text = rows["account_index"].to_numpy(), rows["value"].combine_chunks()
        place = np.searchsorted(account, first)
        keyed[of_code] = [stated_value(key, code, text[int(one)].as_py()) for one in place]
        known[of_code] = True
    return pa.array(keyed, pa.int64(), mask=~known)


def stated_value(key: Key, code: int, text: str) -> int:
    """A text that accounts state of the attribute `code`, as a signed 64-bit hash under the key."""
    secret = key.subkey(f"stated {ATTRIBUTES[code].claim}").tobytes()
    return int.from_bytes(blake2b(text.encode(), digest_size=8, key=secret).digest(), "little", signed=True)
