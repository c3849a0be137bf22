"""Sketches of texts: frames, payloads, hostile input, keys and independence of neighbours."""

from __future__ import annotations

import random

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stillwatch.key import Key
from stillwatch.records.buffers import texts_of
from stillwatch.sketch.text import (
    HAS_FRAME,
    HAS_TOKENS,
    TextSketches,
    Workspace,
    make_workspace,
    sketch_texts,
)

WORDS = [f"word{n}" for n in range(400)]


def sketch(texts: list[str | bytes | None], workspace: Workspace) -> TextSketches:
    raw = [text.encode() if isinstance(text, str) else text for text in texts]
    return sketch_texts(texts_of(pa.array(raw, pa.binary())), workspace)


def row(sketches: TextSketches, index: int) -> list[object]:
    return [np.asarray(column[index]).tolist() for column in sketches]


def features(sketches: TextSketches, index: int) -> set[int]:
    return set(np.ascontiguousarray(sketches.features[index]).view("<u4").tolist()) - {0}


def prose(seed: int, length: int) -> list[str]:
    return random.Random(seed).choices(WORDS, k=length)


def test_absent_empty_and_wordless_texts_stay_unfilled(workspace: Workspace) -> None:
    assert sketch([None, "", " \n", "?!", "word"], workspace).filled.tolist() == [0, 0, 0, 0, HAS_TOKENS]


def test_numbers_leave_the_frame_and_change_the_payload(workspace: Workspace) -> None:
    made = sketch(
        [f"Task {n}: translate the {n} words below into French, keeping order {n}" for n in (7, 12345)], workspace
    )
    assert made.head[0] == made.head[1]
    assert made.tail[0] == made.tail[1]
    assert made.payload[0] != made.payload[1]


def test_head_and_tail_see_the_first_and_last_eight_tokens_only(workspace: Workspace) -> None:
    words = prose(1, 40)
    middle, first, last = words.copy(), words.copy(), words.copy()
    middle[20], first[7], last[-8] = "changed", "changed", "changed"
    made = sketch([" ".join(text) for text in (words, middle, first, last)], workspace)
    assert [made.head[n] == made.head[0] for n in (1, 2, 3)] == [True, False, True]
    assert [made.tail[n] == made.tail[0] for n in (1, 2, 3)] == [True, True, False]
    assert len(set(made.payload.tolist())) == 4


def test_two_words_are_nobodys_frame(workspace: Workspace) -> None:
    assert sketch(["yes please", "yes please do"], workspace).filled.tolist() == [HAS_TOKENS, HAS_TOKENS | HAS_FRAME]


def test_case_spacing_and_punctuation_do_not_change_the_payload(workspace: Workspace) -> None:
    made = sketch(["Write a poem.", "write  a\nPOEM!"], workspace)
    assert row(made, 0) == row(made, 1)


def test_similar_texts_share_features_and_unrelated_ones_do_not(workspace: Workspace) -> None:
    one = prose(2, 60)
    other = [*one[:50], *prose(3, 10)]
    foreign = [f"else{n}" for n in range(60)]
    made = sketch([" ".join(text) for text in (one, other, foreign)], workspace)
    assert len(features(made, 0)) == 16
    assert len(features(made, 0) & features(made, 1)) >= 6
    assert not features(made, 0) & features(made, 2)


def test_words_that_everybody_uses_are_hardly_features(workspace: Workspace) -> None:
    made = sketch(["the of and to a in is for"], workspace)
    rare = sketch(["zirconium flamenco oubliette marzipan"], workspace)
    assert len(features(made, 0)) < len(features(rare, 0)) + 4
    joined = sketch(["the of and to a in is for zirconium the of and to a oubliette"], workspace)
    assert len(features(joined, 0) & features(rare, 0)) == 2


def test_features_describe_the_end_of_a_long_text(workspace: Workspace) -> None:
    earlier, latest = " ".join(prose(4, 3_000)), "quokka habitat survey in western gardens"
    assert features(sketch([f"{earlier}\n\n{latest}"], workspace), 0)
    long_tail = " ".join(f"tail{n}" for n in range(700))
    made = sketch([f"{earlier}\n\n{long_tail}", long_tail], workspace)
    assert features(made, 0) == features(made, 1)


def test_other_keys_give_unlinkable_sketches(workspace: Workspace) -> None:
    texts: list[str | bytes | None] = [" ".join(prose(seed, 30)) for seed in range(50)]
    made, foreign = sketch(texts, workspace), sketch(texts, make_workspace(Key(b"another key entirely")))
    for mine, theirs in zip(made[1:5], foreign[1:5], strict=True):
        assert not set(mine.tolist()) & set(theirs.tolist())
    mine, theirs = ({f for n in range(50) for f in features(s, n)} for s in (made, foreign))
    assert len(mine & theirs) <= 1  # 700 x 700 pairs of 32-bit numbers: one in ten thousand runs would see one
    assert np.array_equal(made.names, foreign.names)  # a judgement, not an identity: no key in it


HOSTILE: list[str | bytes] = [
    "a" * 10_000_000,
    "\0" * 100_000 + "word",
    b"\xff\xfe\x80\x80" * 50_000,
    b"\xe4" * 300_000,
    b"ok \xf0\x9f",
    "%s%n{0}${jndi:ldap://x}</script>",
    "\u202eright to left\u202c",
    "、。" * 1_000,
    "字" * 200_000,
    b"\xed\xa0\x80 lone surrogate",
    "a " * 400_000,
    "\u0301" * 10_000,
]


@pytest.mark.parametrize("index", range(len(HOSTILE)))
def test_hostile_text_changes_nothing_but_its_own_row(index: int, workspace: Workspace) -> None:
    neighbours: list[str | bytes | None] = ["before it stood this", HOSTILE[index], "after it came that"]
    made = sketch(neighbours, workspace)
    alone = sketch([neighbours[0], neighbours[2]], workspace)
    assert [row(made, 0), row(made, 2)] == [row(alone, 0), row(alone, 1)]
    assert row(made, 1) == row(sketch([HOSTILE[index]], workspace), 0)


@settings(max_examples=50)
@given(st.lists(st.one_of(st.none(), st.text(max_size=60), st.binary(max_size=60)), max_size=8), st.integers(0, 8))
def test_a_slice_of_a_column_is_sketched_as_if_it_were_alone(texts: list[str | bytes | None], start: int) -> None:
    workspace = make_workspace(Key(b"k" * 16))
    raw = pa.array([t.encode() if isinstance(t, str) else t for t in texts], pa.binary())
    whole, part = sketch_texts(texts_of(raw), workspace), sketch_texts(texts_of(raw.slice(start)), workspace)
    assert [row(part, n) for n in range(len(part.filled))] == [row(whole, n) for n in range(start, len(texts))]
