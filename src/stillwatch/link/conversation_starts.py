"""Which exchanges start a conversation, and the content features of these."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numba import njit
from numpy.typing import NDArray

from stillwatch.engine import Engine, Query, prefetched
from stillwatch.link.holdings import by_account, keyed
from stillwatch.link.nearest_accounts import MINIMUM_STARTS
from stillwatch.link.segments import SKETCHES
from stillwatch.link.self_similarity import evenly_spaced
from stillwatch.records.definitions import SILENCE
from stillwatch.records.features import chosen_without_frames, decode_features
from stillwatch.records.open_table import room, slot
from stillwatch.records.order import within_accounts
from stillwatch.records.sketches import FEATURES

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Flags = NDArray[np.bool_]


def contents_sql(accounts: str) -> Query:
    """Every exchange with content of some accounts: its account, time, id, conversation, frame and features.

    `accounts` is an SQL condition on the account.
    """
    return Query(
        "exchanges with content",
        f"""
SELECT
  exchanges.account_index,
  exchanges.started_at,
  exchanges.exchange_id,
  exchanges.conversation_value,
  exchanges.head_value,
  exchanges.tail_value,
  exchanges.content_features
FROM {SKETCHES} AS exchanges
WHERE exchanges.content_features IS NOT NULL AND {accounts}
""",
    )


@dataclass(frozen=True, slots=True)
class ConversationStarts:
    """At most CONVERSATION_STARTS conversation starts an account, by account and time.

    Features of a frame that an account wraps its texts in are 0. Bit j of `new` says that no earlier start of the
    account, kept or not, holds feature j of a start. `started_at` is in µs; `settled_at` (accounts,) is the
    time (µs) of an account's MINIMUM_STARTS-th start, 0 where it has fewer.
    """

    account_index: Int32  # (starts,)
    started_at: Int64  # (starts,)
    features: NDArray[np.uint32]  # (starts, 16)
    new: NDArray[np.uint16]  # (starts,)
    settled_at: Int64


def read_conversation_starts(engine: Engine, segments: Sequence[str], accounts: int) -> ConversationStarts:
    """The conversation starts of all accounts, read segment by segment."""
    settled_at = np.zeros(accounts, np.int64)
    queries = [contents_sql(condition) for condition in segments]
    found = [_conversation_starts(rows, settled_at) for rows in prefetched(engine, queries)]
    account_index = np.concatenate([np.empty(0, np.int32), *(part[0] for part in found)])
    started_at = np.concatenate([np.empty(0, np.int64), *(part[1] for part in found)])
    features = np.concatenate([np.empty((0, FEATURES), np.uint32), *(part[2] for part in found)])
    new = np.concatenate([np.empty(0, np.uint16), *(part[3] for part in found)])
    return ConversationStarts(account_index, started_at, features, new, settled_at)


def _conversation_starts(
    rows: pa.Table, settled_at: Int64
) -> tuple[Int32, Int64, NDArray[np.uint32], NDArray[np.uint16]]:
    """Account indices, times, features and which are new of the starts kept; writes to `settled_at`."""
    account_index = rows["account_index"].to_numpy().astype(np.int32, copy=False)
    started_at = rows["started_at"].to_numpy().astype("datetime64[us]", copy=False).view(np.int64)
    start, order = by_account(account_index, len(settled_at))
    within_accounts(account_index, started_at, rows["exchange_id"], start, order)
    account_index = account_index[order]
    group_bits = rows["conversation_value"].is_valid().to_numpy()[order]
    opens = starts_conversation(account_index, started_at[order], keyed(rows["conversation_value"])[order], group_bits)
    account_index, opened = account_index[opens], order[opens]
    fourth = np.flatnonzero(
        np.arange(len(opened)) - np.searchsorted(account_index, account_index) == MINIMUM_STARTS - 1
    )
    settled_at[account_index[fourth]] = started_at[opened[fourth]]
    marks = np.stack([keyed(rows[name])[opened] for name in ("head_value", "tail_value")], axis=1)
    kept = evenly_spaced(account_index)
    # a frame is recognised from all of an account's starts, of which few are kept
    decoded = decode_features(rows["content_features"])
    features = chosen_without_frames(account_index, marks, decoded, opened, kept)
    return account_index[kept], started_at[opened[kept]], features, new_features(account_index, decoded, opened, kept)


def starts_conversation(account_index: Int32, started_at: Int64, conversation: Int64, named: Flags) -> Flags:
    """Marks the first exchange of each account's conversations, and the first after SILENCE where none is `named`.

    All arrays are (exchanges,), by account and time.
    """
    return np.asarray(_starts_conversation(account_index, started_at, conversation, named, SILENCE))


@njit(cache=True, nogil=True)
def new_features(account_index: Int32, features: NDArray[np.uint32], rows: Int64, kept: Flags) -> NDArray[np.uint16]:
    """Which features of the `kept` starts (starts,) no earlier start of the account holds, as bits (starts kept,).

    The features of the starts, by account and time, are the `rows` (starts,) of `features`. Of an account all of whose
    starts are kept every feature counts as new: its earlier starts are at hand.
    """
    width = features.shape[1]
    result = np.full(np.count_nonzero(kept), np.uint16(0xFFFF))
    table = np.empty(0, np.uint32)
    filled, begin = 0, 0
    for end in range(1, len(account_index) + 1):
        if end < len(account_index) and account_index[end] == account_index[begin]:
            continue
        if kept[begin:end].all():
            filled += end - begin
        else:
            size = room(width * (end - begin))
            table = table if size <= len(table) else np.empty(size, np.uint32)
            filled += _new_of_one(features, rows[begin:end], kept[begin:end], table[:size], result[filled:])
        begin = end
    return result


@njit(cache=True, nogil=True)
def _new_of_one(
    features: NDArray[np.uint32], rows: Int64, kept: Flags, table: NDArray[np.uint32], result: NDArray[np.uint16]
) -> int:
    """Writes `new_features` of one account; returns how many of its starts are kept. `table` is overwritten."""
    table[:] = 0
    found = 0
    for i in range(len(rows)):
        bits = 0
        for j in range(features.shape[1]):
            feature = features[rows[i], j]
            at = slot(table, feature)
            if feature != 0 and table[at] == 0:
                table[at] = feature
                bits |= 1 << j
        if kept[i]:
            result[found] = bits
            found += 1
    return found


@njit(cache=True, nogil=True)
def _starts_conversation(
    account_index: Int32, started_at: Int64, conversation: Int64, named: Flags, silence: int
) -> Flags:
    result = np.zeros(len(account_index), np.bool_)
    begin = 0
    for end in range(1, len(account_index) + 1):
        if end < len(account_index) and account_index[end] == account_index[begin]:
            continue
        size = room(end - begin)
        met = np.full(size, -1)  # an open-addressing table of exchanges by conversation
        for i in range(begin, end):
            if named[i]:
                at = conversation[i] & (size - 1)  # keyed values are spread evenly over 64 bits
                while met[at] >= 0 and conversation[met[at]] != conversation[i]:
                    at = (at + 1) & (size - 1)
                result[i] = met[at] < 0
                met[at] = i
            else:
                result[i] = i == begin or started_at[i] - started_at[i - 1] > silence
        begin = end
    return result
