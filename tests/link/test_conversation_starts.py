"""Conversation starts: the first text of each conversation, or the first after a silence, and changes of subject."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.link.conversation_starts import (
    KEPT,
    LEAST_FEATURES,
    ConversationStarts,
    _conversation_starts,
    changes_subject,
    new_features,
    parts,
    starts_conversation,
)
from stillwatch.records.definitions import CONVERSATION_STARTS, MINUTE, SILENCE

ROWS = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 4 * SILENCE), st.sampled_from([None, 0, 7, -9])), max_size=40
)


@given(ROWS)
def test_conversation_starts_agree_with_reading_account_by_account(rows: list[tuple[int, int, int | None]]) -> None:
    rows = sorted(rows, key=lambda row: row[:2])
    expected, seen, last = [], set(), {}
    for account, at, conversation in rows:
        if conversation is None:
            expected.append(account not in last or at - last[account] > SILENCE)
        else:
            expected.append((account, conversation) not in seen)
            seen.add((account, conversation))
        last[account] = at
    found = starts_conversation(
        np.array([row[0] for row in rows], np.int32),
        np.array([row[1] for row in rows], np.int64),
        np.array([row[2] or 0 for row in rows], np.int64),
        np.array([row[2] is not None for row in rows], bool),
    )
    assert found.tolist() == expected


@given(st.lists(st.tuples(st.integers(0, 2), st.lists(st.integers(0, 9), min_size=3, max_size=3), st.booleans())))
def test_new_features_are_in_no_earlier_start_of_the_account(starts: list[tuple[int, list[int], bool]]) -> None:
    starts = sorted(starts, key=lambda start: start[0])
    account = np.array([start[0] for start in starts], np.int32)
    features = np.array([start[1] for start in starts], np.uint32).reshape(-1, 3)
    kept = np.array([start[2] for start in starts], bool)
    bits = new_features(account, features, np.arange(len(starts)), kept)
    expected = []
    for i in np.flatnonzero(kept):
        row, before = features[i].tolist(), features[:i][account[:i] == account[i]].ravel().tolist()
        whole = bool(kept[account == account[i]].all())
        expected.append([whole or bool(f and f not in before + row[:j]) for j, f in enumerate(row)])
    assert [[bool(one >> j & 1) for j in range(3)] for one in bits.tolist()] == expected


TEXTS = st.lists(
    st.tuples(
        st.integers(0, 2),  # account
        st.integers(1, 3),  # conversation
        st.sampled_from([0, 101, 102, 103]),  # opening, 0 for a short text
        st.lists(st.integers(0, 30), min_size=8, max_size=8, unique=True),  # features, 0 for none
    ),
    max_size=30,
)


@given(TEXTS)
def test_changes_of_subject_agree_with_reading_account_by_account(
    texts: list[tuple[int, int, int, list[int]]],
) -> None:
    texts = sorted(texts, key=lambda text: text[0])
    heads: set[tuple[int, int, int]] = set()
    met: set[tuple[int, int, int]] = set()
    expected = []
    for account, part, head, features in texts:
        held = {(account, part, feature) for feature in features if feature}
        goes_on = head == 0 or (account, part, head) in heads
        expected.append(not goes_on and len(held) >= LEAST_FEATURES and len(held & met) < KEPT * len(held))
        if not goes_on:
            heads.add((account, part, head))
            met |= held
    found = changes_subject(
        np.array([text[0] for text in texts], np.int32),
        np.array([text[1] for text in texts], np.int64),
        np.array([text[2] for text in texts], np.int64),
        np.array([text[3] for text in texts], np.uint32).reshape(-1, 8),
        np.arange(len(texts)),
    )
    assert found.tolist() == expected


def test_a_part_is_a_conversation_or_what_no_silence_parts() -> None:
    at = np.array([0, 1, 2, SILENCE + 3, 0], np.int64)
    named = np.array([False, False, True, False, False])
    found = parts(np.array([0, 0, 0, 0, 1], np.int32), at, np.array([0, 0, 77, 0, 0], np.int64), named).tolist()
    assert found[0] == found[1]
    assert len({found[0], *found[2:]}) == 4


def under_one_name(texts: list[tuple[int, list[int]]], name: int | None) -> ConversationStarts:
    """The starts of one account that asks these texts, of opening and features, a minute apart under one name."""
    packed = [np.array(features, "<u4").tobytes() for _, features in texts]
    rows = pa.table(
        {
            "account_index": pa.array([0] * len(texts), pa.int32()),
            "started_at": pa.array([n * MINUTE for n in range(len(texts))], pa.timestamp("us")),
            "exchange_id": pa.array([f"{n:03}" for n in range(len(texts))]),
            "conversation_value": pa.array([name] * len(texts), pa.int64()),
            "head_value": pa.array([head or None for head, _ in texts], pa.int64()),
            "tail_value": pa.array([None] * len(texts), pa.int64()),
            "content_features": pa.array(packed, pa.binary()),
        }
    )
    settled_at = np.zeros(1, np.int64)
    return ConversationStarts(*_conversation_starts(rows, settled_at), settled_at)


@pytest.mark.parametrize("name", [99, None])
def test_requests_of_one_queue_are_starts_though_they_come_under_one_name(name: int | None) -> None:
    asked = [(n + 1, list(range(100 * n + 1, 100 * n + 17))) for n in range(40)]
    starts = under_one_name(asked, name)
    assert len(starts.account_index) == CONVERSATION_STARTS + 1
    assert starts.first.tolist() == [True] + [False] * CONVERSATION_STARTS
    # what was chosen for being unlike what went before says nothing of how like itself an account is
    assert len(starts.of_conversations()[0]) == 1
    assert starts.settled_at.tolist() == [0]


@pytest.mark.parametrize("name", [99, None])
def test_a_conversation_that_goes_on_starts_once(name: int | None) -> None:
    subject = list(range(1, 17))
    later = [5, 6, 7, 8, *range(50, 62)]  # a quarter of it was there before
    repeated = [(1, list(range(100 * n, 100 * n + 16))) for n in range(1, 9)]  # each text repeats the history
    short = [(n, [1000 * n + 1, 1000 * n + 2, *[0] * 14]) for n in range(3, 9)]
    assert len(under_one_name([(1, subject), (2, later), *repeated, *short], name).account_index) == 1
