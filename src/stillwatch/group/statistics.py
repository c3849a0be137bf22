"""Statistics that tell an extraction effort from every legitimate group: each is one number from exchanges.

All are pure functions of arrays. What they should be for people is measured on matched groups of people from the
same logs (group/reference_population.py), never assumed.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from stillwatch.group.cells import named_cell, size_cell
from stillwatch.group.exchanges import Exchanges
from stillwatch.group.feature_counts import numbered, pairs
from stillwatch.group.templates import without_templates
from stillwatch.records.definitions import (
    CONVERSATION_STARTS,
    DAY,
    HANDOVER_SENDERS,
    HANDOVER_WITHIN,
    HOUR,
    REFUSED_STATUS,
    SILENCE,
)
from stillwatch.records.features import without_frames
from stillwatch.records.open_table import room, slot

Float = NDArray[np.float64]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]

FRAME_ACCOUNTS = 4  # a word more accounts than this use,
FRAME_SHARE = 0.15  # and more than this share of the group, belongs to its frame
OWN_FRAME = 0.6  # share of its conversation starts above which a word is an account's own frame,
OWN_FRAME_STARTS = 4  # if it is in at least so many
SHIFTS = tuple(range(1, 15))  # days by which closures are moved to see what chance would give


def _dense(account_index: NDArray[np.int32]) -> tuple[Int64, int]:
    """Accounts renumbered 0.. in order, and how many there are."""
    if len(account_index) and (np.diff(account_index) >= 0).all():
        dense = np.cumsum(np.diff(account_index, prepend=account_index[:1]) != 0)
        return dense, int(dense[-1]) + 1
    accounts, dense = np.unique(account_index, return_inverse=True)
    return dense.astype(np.int64), len(accounts)


def conversation_starts(exchanges: Exchanges) -> NDArray[np.bool_]:
    """Marks the first exchange of each conversation; without conversation ids, one after half an hour's silence."""
    conversation = exchanges.values["conversation"]
    return np.asarray(
        _conversation_starts(
            exchanges.conversations, conversation, exchanges.account_index, exchanges.started_at, SILENCE
        )
    )


@njit(cache=True, nogil=True)
def _conversation_starts(
    conversations: Int32, conversation: Int64, account_index: Int32, started_at: Int64, silence: int
) -> NDArray[np.bool_]:
    result = np.zeros(len(conversations), np.bool_)
    highest = -1
    for i in range(len(conversations)):
        first = conversations[i] > highest  # numbers are given in order of first use
        if first:
            highest = conversations[i]
        if conversation[i] == 0:
            first = i == 0 or account_index[i] != account_index[i - 1] or started_at[i] - started_at[i - 1] > silence
        result[i] = first
    return result


def self_similarity_ratio(exchanges: Exchanges) -> float:
    """Within-account over between-account similarity of conversation starts, pooled over the group.

    1 when accounts draw from one pool; 2 and more when each is a person. NaN when there are too few to say.
    """
    opens = np.flatnonzero(conversation_starts(exchanges))
    dense, accounts = _dense(exchanges.account_index[opens])
    if accounts < 2:
        return float("nan")
    kept = _rank(dense) < CONVERSATION_STARTS
    opens, dense = opens[kept], dense[kept]
    marks = np.stack([exchanges.values["head"][opens], exchanges.values["tail"][opens]], axis=1)
    account_index = exchanges.account_index[opens]
    own = without_frames(account_index, marks, without_templates(account_index, marks, exchanges.features[opens]))
    within, between, pairs_within = _pool(dense, own, accounts)
    return within / between if pairs_within >= 50 and between > 0 else float("nan")


def _pool(dense: Int64, features: NDArray[np.uint32], accounts: int) -> tuple[float, float, float]:
    size = np.bincount(dense, minlength=accounts).astype(float)
    account, code, count, names = pairs(dense, features)
    # words in most of an account's conversation starts are the frame it was given, not things it comes back to
    kept = (count <= OWN_FRAME * size[account]) | (count < OWN_FRAME_STARTS)
    code, count = code[kept], count[kept]
    holders = np.bincount(code, minlength=names)
    # words that many of the group use are its frame (a template, an assignment); what is left is its contents
    frame = holders > max(FRAME_ACCOUNTS, FRAME_SHARE * accounts)
    weight = np.where(frame, 0.0, np.log(accounts / np.maximum(holders, 1)) ** 2)
    total = np.bincount(code, weights=count, minlength=names)
    own = (weight[code] * count * (count - 1.0)).sum()
    square = np.bincount(code, weights=count.astype(float) ** 2, minlength=names)
    cross = (weight * (total**2 - square)).sum()
    within_pairs = (size * (size - 1)).sum()
    between_pairs = size.sum() ** 2 - (size**2).sum()
    if within_pairs == 0 or between_pairs == 0:
        return 0.0, 0.0, 0.0
    # one shared feature a million pairs stands in for none, so that an empty count is not a division by zero
    floor = 1e-6
    return own / within_pairs + floor, cross / between_pairs + floor, within_pairs / 2


@njit(cache=True, nogil=True)
def _rank(dense: Int64) -> Int64:
    """Ordinal of each exchange within its account, for exchanges sorted by account."""
    result = np.zeros(len(dense), np.int64)
    for i in range(1, len(dense)):
        if dense[i] == dense[i - 1]:
            result[i] = result[i - 1] + 1
    return result


def heterogeneity(account: NDArray[np.int32], cell: NDArray[np.integer]) -> float:
    """Pearson dispersion of an account-by-cell table: 1 when accounts draw from one mix, above when they differ.

    chi-squared over its degrees of freedom, cells expected to hold fewer than 1 a table row merged.
    """
    dense, accounts = _dense(account)
    if accounts < 2 or len(cell) == 0:
        return float("nan")
    code, share = _numbered(cell)
    rare = share < 0.01
    if rare.any() and not rare.all():
        code, share = _numbered(np.where(rare[code], len(share), code))
    cells = len(share)
    if cells < 2:
        return 1.0
    table = np.bincount(dense * cells + code, minlength=accounts * cells).reshape(accounts, cells)
    expected = table.sum(axis=1, keepdims=True) * share
    return float(((table - expected) ** 2 / expected).sum() / ((accounts - 1) * (cells - 1)))


def _numbered(cell: NDArray[np.integer]) -> tuple[Int64, Float]:
    """Cells (small, not negative) renumbered 0.. in order, and the share of each."""
    count = np.bincount(cell)
    used = count > 0
    return (np.cumsum(used) - 1)[cell], count[used] / len(cell)


def mix_heterogeneity(exchanges: Exchanges) -> float:
    """Do accounts differ in what they ask for? (subject and form)"""
    return heterogeneity(exchanges.account_index, named_cell(exchanges))


def size_heterogeneity(exchanges: Exchanges) -> float:
    """Do accounts differ in how long their questions and answers are? Needs no text."""
    return heterogeneity(exchanges.account_index, size_cell(exchanges))


def hour_heterogeneity(exchanges: Exchanges) -> float:
    """Do accounts differ in when they are awake? (six four-hour spans of the UTC day)"""
    return heterogeneity(exchanges.account_index, (exchanges.started_at % DAY) // (4 * HOUR))


def volume_dispersion(exchanges: Exchanges) -> float:
    """Variance over mean of exchanges an account on its active days: high for people, near 1 under a quota."""
    # days of the epoch fit in 32 bits, accounts in the other 32
    day = exchanges.account_index.astype(np.int64) << np.int64(32) | exchanges.started_at // DAY
    _, counts = np.unique(day, return_counts=True)
    if len(counts) < 10:
        return float("nan")
    return float(counts.var() / counts.mean())


def repeat_share(exchanges: Exchanges) -> float:
    """Share of distinct payloads that more than one account asked: high for harnesses and classes, low for slices."""
    payload = exchanges.values["payload"]
    asked = payload != 0
    if not asked.any():
        return float("nan")
    texts, shared = _askers(exchanges.account_index[asked], payload[asked])
    return float(shared / texts)


@njit(cache=True, nogil=True)
def _askers(account_index: NDArray[np.int32], payload: Int64) -> tuple[int, int]:
    """How many distinct payloads (none 0) there are, and how many of them more than one account asked."""
    size = room(len(payload))
    keys, first, shared = np.zeros(size, np.int64), np.empty(size, np.int32), np.zeros(size, np.bool_)
    texts, several = 0, 0
    for i in range(len(payload)):
        at = slot(keys, payload[i])
        if keys[at] == 0:
            keys[at], first[at] = payload[i], account_index[i]
            texts += 1
        elif first[at] != account_index[i] and not shared[at]:
            shared[at] = True
            several += 1
    return texts, several


def single_turn_share(exchanges: Exchanges) -> float:
    """Share of conversations with one exchange only."""
    conversation = exchanges.values["conversation"]
    sizes = np.bincount(exchanges.conversations[conversation != 0])
    sizes = sizes[sizes > 0]
    return float((sizes == 1).mean()) if len(sizes) else float("nan")


def divergence_bits(group: Exchanges, reference: Exchanges, cells: int = 64) -> float:
    """How far the mix of subjects and forms lies from people's, in bits an exchange with text (Kullback-Leibler)."""
    # cell 0 is what came without text: which channel a group uses says nothing about its purpose
    counts = (one.counted(named_cell) for one in (group, reference))
    inside, outside = (np.append(count, np.zeros(max(0, cells - len(count))))[1:] + 0.5 for count in counts)
    inside, outside = inside / inside.sum(), outside / outside.sum()
    return float((inside * np.log2(inside / outside)).sum())


def slot_repeats(exchanges: Exchanges) -> float:
    """Of pairs from different accounts that open with the same words, the share that are the same whole text.

    People who open alike mostly ask the same popular thing; slices of one data set share a frame and never a slot.
    NaN with fewer than 200 such pairs.
    """
    head, payload = exchanges.values["head"], exchanges.values["payload"]
    # what was refused is asked again elsewhere: that is one question, not two that are the same
    used = (head != 0) & (payload != 0) & (exchanges.values["status"] < REFUSED_STATUS)
    frames, repeats = (_pairs_apart(exchanges.account_index[used], column[used]) for column in (head, payload))
    return repeats / frames if frames >= 200 else float("nan")


def _pairs_apart(account_index: NDArray[np.int32], value: Int64) -> float:
    """Pairs of rows with one value from two accounts."""
    return float(_counted_apart(account_index, numbered(value))) / 2.0


@njit(cache=True, nogil=True)
def _counted_apart(account_index: Int32, code: Int32) -> int:
    """Ordered pairs of rows, grouped by account, with one code from two accounts."""
    codes = 0
    for c in code:
        codes = max(codes, c + 1)
    total, own, last = np.zeros(codes, np.int32), np.zeros(codes, np.int32), np.full(codes, -1, np.int32)
    pairs_apart = np.int64(0)
    for i in range(len(code)):
        c = code[i]
        if last[c] != account_index[i]:
            last[c], own[c] = account_index[i], 0
        # with all rows before that are another account's
        pairs_apart += 2 * np.int64(total[c] - own[c])
        total[c] += 1
        own[c] += 1
    return int(pairs_apart)


def reach(exchanges: Exchanges, chosen: NDArray[np.bool_]) -> float:
    """Accounts that the chosen exchanges' conversations reach, over those they would if each went to any account.

    Accounts are met as often as they are busy: of m conversations, one with share v of the exchanges meets at least one
    with probability 1 - (1 - v)^m.
    """
    dense, accounts = _dense(exchanges.account_index)
    dealt = int((conversation_starts(exchanges) & chosen).sum())
    share = np.bincount(dense, minlength=accounts) / max(len(exchanges), 1)
    expected = float((1.0 - (1.0 - share) ** dealt).sum())
    return np.count_nonzero(np.bincount(dense[chosen])) / expected if expected > 0 else 0.0


def handover_counts(exchanges: Exchanges, within: int = HANDOVER_WITHIN) -> tuple[int, int]:
    """Of the refused requests: how many another account of the group asked, word for word, within ten minutes; and all.

    Only texts that at most three accounts ask count: what many ask (a public question, an assignment, a brief) is
    asked again by chance. Each account's first such request is left out of both: it may be what linked the account.
    """
    payload, account_index, at = exchanges.values["payload"], exchanges.account_index, exchanges.started_at
    refused = (exchanges.values["status"] >= REFUSED_STATUS) & (payload != 0)
    if not refused.any():
        return 0, 0
    met, text, askers = _asked(payload, refused, account_index)  # others' texts decide nothing, and are most
    few = askers[text] <= HANDOVER_SENDERS
    met, text = met[few], text[few]
    order = np.lexsort((account_index[met], at[met], text))
    met, text = met[order], text[order]
    here, after = met[:-1], met[1:]
    followed = (
        (text[:-1] == text[1:]) & (account_index[here] != account_index[after]) & (at[after] - at[here] <= within)
    )
    taken = here[followed & refused[here]]
    again = len(taken) - len(np.unique(account_index[taken]))
    return again, int(refused.sum()) - (len(taken) - again)


@njit(cache=True, nogil=True)
def _asked(payload: Int64, refused: NDArray[np.bool_], account_index: Int32) -> tuple[Int64, Int64, Int32]:
    """Rows whose text was refused anywhere, a code of that text for each, and how many accounts asked each code."""
    size = room(int(np.sum(refused)))
    keys = np.zeros(size, np.int64)
    held = np.zeros(1 << 16, np.bool_)  # turns away most texts without a look into the table
    for i in range(len(payload)):
        if refused[i]:
            keys[slot(keys, payload[i])] = payload[i]
            held[(payload[i] >> 32) & 0xFFFF] = True
    askers, last = np.zeros(size, np.int32), np.full(size, -1, np.int32)
    rows, code = np.empty(len(payload), np.int64), np.empty(len(payload), np.int64)
    found = 0
    for i in range(len(payload)):
        if payload[i] != 0 and held[(payload[i] >> 32) & 0xFFFF]:
            at = slot(keys, payload[i])
            if keys[at] != 0:
                rows[found], code[found] = i, at
                found += 1
                if last[at] != account_index[i]:
                    last[at] = account_index[i]
                    askers[at] += 1
    return rows[:found].copy(), code[:found].copy(), askers


def pivot_counts(exchanges: Exchanges, appeared_at: int, code: int) -> tuple[int, int]:
    """Of the exchanges in the day after a model appeared: how many used it, and how many named a model."""
    day = _on_day(exchanges, appeared_at)
    return int((exchanges.values["model"][day] == code).sum()), int(day.sum())


def pivot_share(exchanges: Exchanges, appeared_at: int, code: int) -> tuple[float, int]:
    """Of accounts that named a model in the day after one appeared: the mean share of those exchanges that used it, and
    how many accounts there were. The few busiest, machines perhaps, do not speak for all."""
    day = _on_day(exchanges, appeared_at)
    dense, accounts = _dense(exchanges.account_index[day])
    if accounts == 0:
        return 0.0, 0
    used = np.bincount(dense, weights=exchanges.values["model"][day] == code, minlength=accounts)
    return float((used / np.bincount(dense, minlength=accounts)).mean()), accounts


def _on_day(exchanges: Exchanges, appeared_at: int) -> NDArray[np.bool_]:
    at = exchanges.started_at
    return np.asarray((at >= appeared_at) & (at < appeared_at + DAY) & (exchanges.values["model"] != 0))


def successions(closed_at: Int64, first_at: Int64, within: int = 6 * HOUR) -> tuple[int, float]:
    """Closures followed within six hours by a member's first exchange, and how many chance would give.

    Chance moves the closures along the group's arrivals by whole days, so that bursts and nights of the arrivals stay
    what they are.
    """
    if len(closed_at) == 0 or len(first_at) < 2:
        return 0, 0.0
    arrivals = np.sort(first_at)
    begin, span = int(arrivals[0]), max(DAY, int(arrivals[-1] - arrivals[0]))
    moved = [_followed(begin + (closed_at - begin + shift * DAY) % span, arrivals, within) for shift in SHIFTS]
    return _followed(closed_at, arrivals, within), float(np.mean(moved))


def _followed(closed_at: Int64, arrivals: Int64, within: int) -> int:
    after = np.searchsorted(arrivals, closed_at, side="right")
    return int((np.searchsorted(arrivals, closed_at + within, side="right") > after).sum())
