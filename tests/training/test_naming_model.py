"""The fit recovers planted words, uses none of one source alone, and wrappers leave labels and requests as they are."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from training.evaluate_naming import names, top_name
from training.examples import Group, load_wrappers, wrapped
from training.model import fit, prepare, shared_buckets
from training.sources import SOURCES, group_of

FILLER = [
    "the",
    "a",
    "of",
    "in",
    "it",
    "this",
    "that",
    "with",
    "by",
    "and",
    "or",
    "but",
    "not",
    "for",
    "as",
    "at",
    "on",
    "to",
    "from",
    "over",
    "under",
    "near",
]
PLANTED = {
    "software": "compile parser branch",
    "mathematics": "integral divisor remainder",
    "knowledge": "castle river queen",
}


def made(seed: int, source: str, subject: str, extra: str = "", count: int = 120) -> Group:
    """Prompts of filler words with one planted word each, and `extra` in every prompt."""
    chance = random.Random(f"{seed} {source}")
    words = PLANTED[subject].split()
    prompts = [
        " ".join([*(chance.choice(FILLER) for _ in range(9)), chance.choice(words), extra]).strip() + "."
        for _ in range(count)
    ]
    return Group(source, subject, "answer", tuple(prompts), source)


@pytest.fixture(scope="module")
def learnt() -> list[Group]:
    return [made(1, f"{subject} {part}", subject) for subject in PLANTED for part in "ab"]


def test_planted_words_are_named_even_in_a_wrapper(learnt: list[Group]) -> None:
    fitted = fit(prepare(learnt))
    for subject in PLANTED:
        fresh = made(2, "fresh", subject)
        around = Group("w", subject, "answer", tuple(f"By and by the queen of it is near. {p}" for p in fresh.prompts))
        for group in (fresh, around) if subject != "knowledge" else (fresh,):
            found = names(fitted.totals(prepare([group])[0]), 0)
            assert found.count(subject) / len(found) > 0.95


def test_a_word_of_one_group_of_sources_is_not_used(learnt: list[Group]) -> None:
    own_word = made(3, "software c", "software", extra="zyzzogeton")
    with_word = set(shared_buckets(prepare([*learnt, own_word])).tolist())
    alone = set(prepare([Group("x", "", "", ("zyzzogeton",))])[0].matrix.indices.tolist())
    assert not alone & (with_word - set(shared_buckets(prepare(learnt)).tolist()))
    twice = set(shared_buckets(prepare([*learnt, own_word, made(4, "software d", "software", "zyzzogeton")])).tolist())
    assert alone & (twice - with_word)


def test_wrappers_add_prompts_and_keep_labels_and_words(learnt: list[Group]) -> None:
    (group,) = wrapped(learnt[:1], load_wrappers("learn"), 1)
    assert (group.subject, group.form) == (learnt[0].subject, learnt[0].form)
    assert group.prompts[: len(learnt[0].prompts)] == learnt[0].prompts
    added = group.prompts[len(learnt[0].prompts) :]
    assert added
    assert all(any(prompt in text for prompt in learnt[0].prompts) for text in added)


def test_wrappers_that_are_measured_with_are_not_learned_from() -> None:
    learn, test = load_wrappers("learn"), load_wrappers("test")
    for name in ("before", "after", "turns"):
        assert not set(getattr(learn, name)) & set(getattr(test, name))


def test_translations_are_left_out_with_their_originals() -> None:
    groups = {source.name: group_of(source) for source in SOURCES}
    assert groups["gsm8k_test"] == groups["mgsm_ru"] == groups["metamath_rephrase"]
    assert groups["humaneval"] == groups["humaneval_x"] == groups["heval_xl_french"]


USUAL = Counter({"knowledge": 85, "mathematics": 10, "unclear": 5})  # of ordinary traffic


@pytest.mark.parametrize(
    ("counts", "top"),
    [
        ({"knowledge": 74, "mathematics": 26}, "mathematics"),
        ({"knowledge": 82, "mathematics": 18}, "knowledge"),
        ({"knowledge": 67, "mathematics": 19, "data": 14}, "data"),
        ({"unclear": 60, "knowledge": 35, "data": 5}, "unclear"),
    ],
)
def test_the_top_name_is_the_target_that_most_exceeds_ordinary_traffic(counts: dict[str, int], top: str) -> None:
    assert top_name(Counter(counts), USUAL, 0) == top
