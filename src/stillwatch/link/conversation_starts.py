"""Which exchanges start a conversation, and the content features of these.

What a log names one conversation, or what no silence parts, may hold many: a client that sends all it asks under one
name would hide all but the first request. So a text that changes the subject starts one as well: it neither begins as
an earlier one of the same conversation nor is about the same contents (after Hearst, TextTiling: segmenting text into
multi-paragraph subtopic passages, 1997).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numba import njit
from numpy.typing import NDArray

from stillwatch.engine import Query
from stillwatch.link.holdings import by_account, keyed
from stillwatch.link.nearest_accounts import MINIMUM_STARTS
from stillwatch.link.partials import Chunk
from stillwatch.link.segments import SKETCHES
from stillwatch.link.self_similarity import evenly_spaced
from stillwatch.records.definitions import SILENCE
from stillwatch.records.features import chosen_without_frames, decode_features, put
from stillwatch.records.open_table import room, slot
from stillwatch.records.order import within_accounts
from stillwatch.records.sketches import FEATURES

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Flags = NDArray[np.bool_]

LEAST_FEATURES = 6  # of a text that changes the subject; a greeting or a "go on" has fewer
KEPT = 0.25  # share of its features that the conversation has had, from which a text goes on with its subject
OF_ACCOUNTS = ("starts.count", "starts.settled_at")  # arrays of a partial result that have one entry an account
_OF_STARTS = ("starts.started_at", "starts.features", "starts.new", "starts.first")
SPREADING = 0x9E3779B97F4A7C1  # an odd number, by which sums of two keyed values differ from those of the two swapped


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
    """At most CONVERSATION_STARTS first texts of conversations an account, and as many that change the subject of one,
    by account and time.

    Features of a frame that an account wraps its texts in are 0. Bit j of `new` says that no earlier start of the
    account, kept or not, holds feature j of a start. `started_at` is in µs; `settled_at` (accounts,) is the
    time (µs) of an account's MINIMUM_STARTS-th first text, 0 where it has fewer.
    """

    account_index: Int32  # (starts,)
    started_at: Int64  # (starts,)
    features: NDArray[np.uint32]  # (starts, 16)
    new: NDArray[np.uint16]  # (starts,)
    first: Flags  # (starts,)
    settled_at: Int64

    def of_conversations(self) -> tuple[Int32, NDArray[np.uint32]]:
        """Accounts and features of the first texts alone: others were chosen for being unlike what went before, and
        would make whoever sends them look less like itself."""
        return self.account_index[self.first], self.features[self.first]


def partial_starts(rows: pa.Table, accounts: int) -> dict[str, NDArray[Any]]:
    """The conversation starts of those of all `accounts` that `rows` (as of `contents_sql`) are whole accounts of, as
    `conversation_starts` reads them, but `count` and `settled_at` of all accounts."""
    settled_at = np.zeros(accounts, np.int64)
    found = _conversation_starts(rows, settled_at)
    count = np.bincount(found[0], minlength=accounts).astype(np.int32)
    arrays: dict[str, NDArray[Any]] = {"starts.count": count, "starts.settled_at": settled_at}
    return arrays | dict(zip(_OF_STARTS, found[1:], strict=True))


def conversation_starts(chunks: Sequence[Chunk], accounts: int) -> ConversationStarts:
    """The conversation starts of all accounts."""
    settled_at, count = np.zeros(accounts, np.int64), np.zeros(accounts + 1, np.int64)
    for chunk in chunks:
        used = chunk.index >= 0
        settled_at[chunk.index[used]] = chunk.read("starts.settled_at")[used]
        count[chunk.index[used] + 1] = chunk.read("starts.count")[used]
    begin = np.cumsum(count)
    total = int(begin[-1])
    result = ConversationStarts(
        np.repeat(np.arange(accounts, dtype=np.int32), count[1:]),
        np.empty(total, np.int64),
        np.empty((total, FEATURES), np.uint32),
        np.empty(total, np.uint16),
        np.empty(total, np.bool_),
        settled_at,
    )
    for chunk in chunks:
        each = chunk.read("starts.count")
        account = chunk.indices(each)
        # of each start its place among all: accounts of a chunk ascend, and so do the starts of one
        nth = np.arange(len(account)) - np.repeat(np.cumsum(each) - each, each)
        place = np.where(account >= 0, begin[account] + nth, -1)
        put(chunk.read("starts.features"), place, result.features)
        chosen = np.flatnonzero(place >= 0)
        for name, column in (("started_at", result.started_at), ("new", result.new), ("first", result.first)):
            column[place[chosen]] = chunk.read(f"starts.{name}")[chosen]
    return result


def _conversation_starts(
    rows: pa.Table, settled_at: Int64
) -> tuple[Int32, Int64, NDArray[np.uint32], NDArray[np.uint16], Flags]:
    """Account indices, times, features, which of these are new, and which are first texts, of the starts kept; writes
    to `settled_at`."""
    account_index = rows["account_index"].to_numpy().astype(np.int32, copy=False)
    started_at = rows["started_at"].to_numpy().astype("datetime64[us]", copy=False).view(np.int64)
    start, order = by_account(account_index, len(settled_at))
    within_accounts(account_index, started_at, rows["exchange_id"], start, order)
    account_index, started_at = account_index[order], started_at[order]
    named = rows["conversation_value"].is_valid().to_numpy()[order]
    conversation = (account_index, started_at, keyed(rows["conversation_value"])[order], named)
    decoded = decode_features(rows["content_features"])
    first = starts_conversation(*conversation)
    changed = changes_subject(account_index, parts(*conversation), keyed(rows["head_value"])[order], decoded, order)
    opens = np.flatnonzero(first | changed)
    _settle(account_index[first], started_at[first], settled_at)
    account_index, opened, first = account_index[opens], order[opens], first[opens]
    marks = np.stack([keyed(rows[name])[opened] for name in ("head_value", "tail_value")], axis=1)
    kept = np.zeros(len(opens), np.bool_)
    for kind in (first, ~first):
        kept[kind] = evenly_spaced(account_index[kind])
    features = np.empty((np.count_nonzero(kept), FEATURES), np.uint32)
    for kind in (first, ~first):
        # a frame is recognised from all of an account's texts of one kind, of which few are kept
        given = (account_index[kind], marks[kind], decoded, opened[kind], kept[kind])
        features[kind[kept]] = chosen_without_frames(*given)
    new = new_features(account_index, decoded, opened, kept)
    return account_index[kept], started_at[opens[kept]], features, new, first[kept]


def _settle(account_index: Int32, started_at: Int64, settled_at: Int64) -> None:
    """Writes the time of each account's MINIMUM_STARTS-th first text (texts,)."""
    place = np.arange(len(account_index)) - np.searchsorted(account_index, account_index)
    fourth = np.flatnonzero(place == MINIMUM_STARTS - 1)
    settled_at[account_index[fourth]] = started_at[fourth]


def starts_conversation(account_index: Int32, started_at: Int64, conversation: Int64, named: Flags) -> Flags:
    """Marks the first exchange of each account's conversations, and the first after SILENCE where none is `named`.

    All arrays are (exchanges,), by account and time.
    """
    return np.asarray(_starts_conversation(account_index, started_at, conversation, named, SILENCE))


def parts(account_index: Int32, started_at: Int64, conversation: Int64, named: Flags) -> Int64:
    """The conversation, or the stretch without a SILENCE where none is named, of each exchange (exchanges,): equal
    numbers for equal ones of one account. Arguments are as of `starts_conversation`."""
    breaks = np.ones(len(account_index), np.bool_)
    breaks[1:] = (np.diff(account_index) != 0) | (np.diff(started_at) > SILENCE)
    return np.where(named, conversation, np.cumsum(breaks))


def changes_subject(account_index: Int32, part: Int64, head: Int64, features: NDArray[np.uint32], rows: Int64) -> Flags:
    """Marks the exchanges whose text begins as no earlier one of the same part of their account did, and of whose
    features these had hardly any.

    `part` is as of `parts`, `head` the keyed opening of a text, 0 for short ones: arrays (exchanges,), by account and
    time. The features of the exchanges are the `rows` (exchanges,) of `features`.
    """
    return np.asarray(_changes_subject(account_index, part, head, features, rows, LEAST_FEATURES, KEPT))


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


@njit(cache=True, nogil=True)
def _changes_subject(  # noqa: PLR0913  a compiled loop takes its constants as arguments
    account_index: Int32, part: Int64, head: Int64, features: NDArray[np.uint32], rows: Int64, least: int, kept: float
) -> Flags:
    result = np.zeros(len(account_index), np.bool_)
    table = np.empty(0, np.int64)
    begin = 0
    for end in range(1, len(account_index) + 1):
        if end < len(account_index) and account_index[end] == account_index[begin]:
            continue
        size = room((end - begin) * (features.shape[1] + 1))
        table = table if size <= len(table) else np.empty(size, np.int64)
        met = table[:size]  # openings and features, each with its part
        met[:] = 0
        for i in range(begin, end):
            at = slot(met, _within(part[i], head[i]))
            if head[i] == 0 or met[at] != 0:  # it repeats the conversation from its beginning
                continue
            met[at] = _within(part[i], head[i])
            count, known = _enter(met, part[i], features[rows[i]])
            result[i] = count >= least and known < kept * count
        begin = end
    return result


@njit(cache=True, nogil=True)
def _enter(met: Int64, part: Any, features: NDArray[np.uint32]) -> tuple[int, int]:
    """Enters a text's features into the table; returns how many there are, and how many were in it before."""
    count, known = 0, 0
    for feature in features:
        if feature != 0:
            key = _within(part, np.int64(feature))
            at = slot(met, key)
            count += 1
            known += met[at] != 0
            met[at] = key
    return count, known


@njit(cache=True, nogil=True)
def _within(part: Any, value: Any) -> Any:
    """One keyed value, not 0, of a part and a value, spread evenly over 64 bits."""
    key = (part * SPREADING + value) * SPREADING
    key ^= key >> 32
    return key if key != 0 else 1
