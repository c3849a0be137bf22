"""Values of a replica's exchanges: most are the replica's own, and popular ones become others that are as popular.

A person who sends a popular text in one replica sends another popular text in the next, so that no common text links
the two. Headers of software are unchanged, since their parts belong together, but the build of a client is drawn anew.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from bench.reference_case import identifiers
from bench.reference_case.drafts import Replica
from bench.reference_case.pool import ASKED, NETWORK, OWN, Int64, Pool
from bench.reference_case.wordings import Words, drawn, exchanged, word_map

PAYLOAD, AGENT, BUILD = "payload_value", "user_agent_value", "fingerprint_value"
WIDE = 2.0  # most ratio of units between a value and its replacement; wide because there are few popular texts
OF_TEXT = ("simhash", "subject", "form", "input_chars")
"""Columns that depend on the text and are replaced with it."""


@dataclass(frozen=True, slots=True)
class Values:
    """The replacements in one replica: words, coded values, and the source row of each popular text."""

    words: Words
    values: dict[str, Int64]
    quoted: NDArray[np.bool_]  # mask of popular texts, by code of the payload
    source: Int64


def values_of(pool: Pool, replica: Replica, known: Words) -> Values:
    """Draws the replacements of a replica."""
    words = word_map(pool.vocabulary, pool.word_units, pool.units, known, replica.key("words"))
    values = {name: _values(pool, name, replica) for name in pool.coded}
    texts = pool.coded[PAYLOAD]
    quoted = (~texts.own | texts.public) & (texts.distinct != 0)
    source = texts.first[exchanged(texts.units, quoted, replica.key("quotations"), WIDE)]
    return Values(words, values, quoted, source)


def columns_of(pool: Pool, replica: Replica, replacements: Values, rows: Int64, account: Int64) -> dict[str, pa.Array]:
    """All columns of the exchanges `rows` of the accounts `account`, except account, time and exchange id."""
    code = pool.coded[PAYLOAD].code[rows]
    quoted = replacements.quoted[code] & ~pool.public[rows]
    source = np.where(quoted, replacements.source[code], rows)
    is_present = pool.present[PAYLOAD][source]
    words = np.where(quoted[:, None], pool.vocabulary[pool.words[source]], replacements.words[pool.words[source]])
    made: dict[str, pa.Array] = {
        "minhash": octets(pool.minhash[source], is_present),
        "content_features": octets(words.view(np.uint8), is_present),
        **{name: texts.take(pa.array(rows)).dictionary_decode() for name, texts in pool.texts.items()},
    }
    for name in pool.coded:
        at = source if name in ASKED else rows
        held = pool.coded[name].code[at].astype(np.int64)
        values = replacements.values[name][held]
        if name in ASKED:
            phrase = held if name == PAYLOAD else _phrases(pool, replica, name, held, pool.unit[account])
            values = np.where(quoted, pool.coded[name].distinct[held], replacements.values[name][phrase])
        made[name] = pa.array(values, mask=~pool.present[name][at])
    made |= _client(pool, replica, replacements, rows, pool.unit[account])
    for name, column in pool.columns.items():
        at = source if name in OF_TEXT else rows
        found = column[at]
        if name in OWN:
            own = identifiers.rekeyed(np.asarray(found, np.int64), replica.key(name))
            found = np.where(quoted, found, own) if name in OF_TEXT else own
        made[name] = pa.array(found, mask=~pool.present[name][at])
    return made


def octets(values: NDArray[np.uint8], present: NDArray[np.bool_]) -> pa.Array:
    """A binary column from rows of equal width; null rows take no space."""
    offsets = np.concatenate(([0], np.cumsum(np.where(present, values.shape[1], 0)))).astype(np.int32)
    validity = pa.py_buffer(np.packbits(present, bitorder="little"))
    data = pa.py_buffer(np.ascontiguousarray(values[present]))
    return pa.Array.from_buffers(pa.binary(), len(values), [validity, pa.py_buffer(offsets), data])


def _values(pool: Pool, name: str, replica: Replica) -> Int64:
    """The replacement of each distinct value of a column in the replica."""
    coded, key = pool.coded[name], replica.key(name)
    is_present = coded.distinct != 0
    if name == NETWORK:
        return coded.distinct[exchanged(coded.units, is_present, key, WIDE)]
    own = coded.own & ~coded.public if name in ASKED else coded.own
    return np.where(own, identifiers.rekeyed(coded.distinct, key), coded.distinct)


def _client(pool: Pool, replica: Replica, replacements: Values, rows: Int64, unit: Int64) -> dict[str, pa.Array]:
    """Other builds of the same clients, each with its own user agent."""
    builds, agents = pool.coded[BUILD], pool.coded[AGENT]
    held = builds.code[rows].astype(np.int64)
    traded = ~builds.own & (builds.distinct != 0)
    other = drawn(held, unit, builds.units, traded, replica.key(f"{BUILD} drawn"), pool.kin)
    agent = np.where(traded[held], agents.code[builds.first[other]], agents.code[rows])
    values = {BUILD: replacements.values[BUILD][other], AGENT: replacements.values[AGENT][agent]}
    return {name: pa.array(found, mask=~pool.present[name][rows]) for name, found in values.items()}


def _phrases(pool: Pool, replica: Replica, name: str, held: Int64, unit: Int64) -> Int64:
    """Replacements for the first or last words of each row: those that another person uses habitually."""
    coded = pool.coded[name]
    traded = ~coded.own & ~coded.public & (coded.distinct != 0)
    return drawn(held, unit, coded.units, traded, replica.key(f"{name} drawn"))
