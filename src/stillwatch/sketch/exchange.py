"""Computes the sketches of a batch of exchanges; they depend only on the rows and the key."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from stillwatch.key import Key
from stillwatch.records.buffers import Texts, texts_of
from stillwatch.records.sketches import EXCHANGE_SKETCHES, IN_INSTRUCTIONS
from stillwatch.sketch.address import address_values
from stillwatch.sketch.siphash import Octets
from stillwatch.sketch.text import (
    HAS_FRAME,
    HAS_TOKENS,
    Workspace,
    sketch_texts,
)
from stillwatch.sketch.values import (
    Present,
    column_values,
    parameter_values,
    set_values,
    value_array,
)

CLEAN_LENGTH = 64  # characters of a cleaned name
_HASHED = {
    "conversation_value": "conversation_id",
    "user_agent_value": "user_agent",
    "fingerprint_value": "client_fingerprint",
    "device_value": "device_id",
    "session_value": "session_id",
    "instructions_value": "instructions_digest",
}
_PARAMETERS = ("temperature", "top_p", "max_tokens", "choice_count")
_CLEANED = ("channel", "request_model", "operation", "finish_reason")


def sketch_batch(batch: pa.RecordBatch, key: Key, workspace: Workspace, trusted_hops: int = 0) -> pa.RecordBatch:
    """Returns the sketches of a batch of `stream.exchanges_sql` rows, in the same order.

    The workspace must have been made with the same key, and no other thread may use it at the same time.
    `trusted_hops` is as in `records.addresses`.
    """
    columns = {name: batch.column(name) for name in batch.schema.names}
    made = {name: column_values(columns[source], key, source) for name, source in _HASHED.items()}
    made |= {name: _cleaned(columns[name]) for name in _CLEANED}
    made |= _addresses(columns["client_address"], key, trusted_hops) | _texts(
        texts_of(columns["input_text"]), workspace
    )
    made |= _instructions(columns["system_instructions"], columns["instructions_digest"], workspace)
    made["tools_value"] = set_values(columns["tool_names"], key, "tool_names")
    made["tool_count"] = pc.list_value_length(columns["tool_names"])
    made["parameters_value"] = parameter_values([columns[name] for name in _PARAMETERS], key)
    arrays = [
        (made[field.name] if field.name in made else columns[field.name]).cast(field.type)
        for field in EXCHANGE_SKETCHES.schema
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=EXCHANGE_SKETCHES.schema)


def _addresses(column: pa.Array, key: Key, trusted_hops: int) -> dict[str, pa.Array]:
    names = ("address_value", "address_subnet_value", "address_network_value")
    return dict(zip(names, address_values(column, key, trusted_hops), strict=True))


def _texts(texts: Texts, workspace: Workspace) -> dict[str, pa.Array]:
    found = sketch_texts(texts, workspace)
    filled = (found.filled & HAS_TOKENS) > 0
    framed = (found.filled & HAS_FRAME) > 0
    return {
        "payload_value": value_array(found.payload, filled),
        "head_value": value_array(found.head, framed),
        "tail_value": value_array(found.tail, framed),
        "simhash": value_array(found.simhash, filled),
        "minhash": _fixed_bytes(found.minhash, filled),
        "content_features": _fixed_bytes(found.features, filled),
        "subject": pa.array(found.names[:, 0], mask=~filled),
        "form": pa.array(found.names[:, 1], mask=~filled),
    }


def _instructions(column: pa.Array, digests: pa.Array, workspace: Workspace) -> dict[str, pa.Array]:
    """The sketches of instructions; equal ones are read once a batch, since most come with many requests."""
    distinct = digests.dictionary_encode()
    at = distinct.indices.fill_null(len(distinct.dictionary)).to_numpy()
    first = np.unique(at, return_index=True)[1][: len(distinct.dictionary)]
    texts = texts_of(column.take(pa.array(first)))
    found = _texts(texts, workspace)
    found["instructions_shape"] = _texts(_without_numbers(texts), workspace)["payload_value"]
    named = {**IN_INSTRUCTIONS, "instructions_shape": "instructions_shape"}
    return {name: found[of].take(distinct.indices) for of, name in named.items()}


def _without_numbers(texts: Texts) -> Texts:
    """The texts with one digit in place of each run of digits."""
    digit = (texts.data >= ord("0")) & (texts.data <= ord("9"))
    follows = np.zeros(len(digit), np.bool_)
    follows[1:] = digit[1:] & digit[:-1]
    follows[texts.offsets[:-1][texts.offsets[:-1] < len(digit)]] = False  # the text before may end in a digit
    before = np.concatenate(([0], np.cumsum(~follows)))
    return Texts(np.where(digit, np.uint8(ord("9")), texts.data)[~follows], before[texts.offsets], texts.present)


def _fixed_bytes(rows: Octets, present: Present) -> pa.Array:
    # The column is built from its buffers, without Python bytes; its null rows take no space.
    sizes = np.where(present, rows.shape[1], 0)
    offsets = np.concatenate(([0], np.cumsum(sizes))).astype(np.int32)
    validity = pa.py_buffer(np.packbits(present, bitorder="little"))
    data = pa.py_buffer(np.ascontiguousarray(rows[present]))
    return pa.Array.from_buffers(pa.binary(), len(rows), [validity, pa.py_buffer(offsets), data])


def _cleaned(column: pa.Array) -> pa.Array:
    distinct = column.dictionary_encode()
    clean = [_clean(text) for text in distinct.dictionary.to_pylist()]
    return pa.array(clean, pa.string()).take(distinct.indices)


def _clean(text: str) -> str | None:
    return "".join(letter for letter in text if letter.isprintable())[:CLEAN_LENGTH] or None
