"""Features: stored and read back unchanged; an account's own frame is told from what its texts are about."""

from __future__ import annotations

from random import Random

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from stillwatch.records.features import (
    FRAME_SHARE,
    FRAME_TEXTS,
    chosen_without_frames,
    decode_features,
    without_frames,
)

SMALL = st.integers(0, 4)
ROWS = st.lists(st.tuples(st.integers(0, 3), SMALL, SMALL, st.lists(st.integers(0, 9), min_size=4, max_size=4)))


def test_what_was_stored_is_read_back() -> None:
    features = np.arange(48, dtype="<u4").reshape(3, 16)
    column = pa.chunked_array([[features[0].tobytes(), None], [features[2].tobytes()]], pa.binary())
    assert decode_features(column).tolist() == [features[0].tolist(), [0] * 16, features[2].tolist()]


def test_a_frame_worded_by_the_account_goes_and_its_topic_stays() -> None:
    account_index = np.repeat(np.int32([0, 1]), 6)
    marks = np.stack([np.repeat([7, 8], 6), np.zeros(12, np.int64)], axis=1)
    frame, topic = np.full((12, 1), 100) + account_index[:, None], np.tile([[50], [51], [52]], (4, 1))
    features = np.concatenate([frame, topic, np.arange(200, 212)[:, None]], axis=1).astype(np.uint32)
    left = without_frames(account_index, marks, features)
    assert (left[:, 0] == 0).all()
    assert (left[:, 1:] == features[:, 1:]).all()


@settings(max_examples=80)
@given(ROWS)
def test_agrees_with_counting_by_account_and_mark(rows: list[tuple[int, int, int, list[int]]]) -> None:
    rows = sorted(rows, key=lambda row: row[0])
    account_index = np.array([row[0] for row in rows], np.int32)
    marks = np.array([row[1:3] for row in rows], np.int64).reshape(-1, 2)
    features = np.array([row[3] for row in rows], np.uint32).reshape(-1, 4)
    expected = features.tolist()
    for m in range(2):
        before = [list(row) for row in expected]
        for account, mark in {(int(p), int(v)) for p, v in zip(account_index, marks[:, m], strict=True)}:
            mine = [i for i in range(len(rows)) if account_index[i] == account and marks[i, m] == mark]
            if mark == 0 or len(mine) < FRAME_TEXTS:
                continue
            words = [word for i in mine for word in before[i]]
            frame = {w for w in words if w and words.count(w) >= max(FRAME_TEXTS, FRAME_SHARE * len(mine))}
            for i in mine:
                expected[i] = [0 if word in frame else word for word in expected[i]]
    assert without_frames(account_index, marks, features).tolist() == expected


@settings(max_examples=80)
@given(ROWS, st.randoms(use_true_random=False))
def test_frames_are_told_from_texts_that_are_not_chosen_too(
    rows: list[tuple[int, int, int, list[int]]], random: Random
) -> None:
    rows = sorted(rows, key=lambda row: row[0])
    account_index = np.array([row[0] for row in rows], np.int32)
    marks = np.array([row[1:3] for row in rows], np.int64).reshape(-1, 2)
    features = np.array([row[3] for row in rows], np.uint32).reshape(-1, 4)
    chosen = np.array([random.random() < 0.5 for _ in rows], np.bool_)
    place = np.array(random.sample(range(len(rows) + 3), len(rows)), np.int64)  # among texts that are nobody's
    stored = np.full((len(rows) + 3, 4), 7, np.uint32)
    stored[place] = features
    found = chosen_without_frames(account_index, marks, stored, place, chosen)
    assert found.tolist() == without_frames(account_index, marks, features)[chosen].tolist()
