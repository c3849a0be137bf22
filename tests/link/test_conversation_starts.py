"""Conversation starts: the first exchange of each conversation, or the first after a silence."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.link.conversation_starts import new_features, starts_conversation
from stillwatch.records.definitions import SILENCE

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
