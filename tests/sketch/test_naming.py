"""The shipped model: it is the one of the card, the kernel computes it, and plain examples are named."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from training.examples import features

from stillwatch.records.buffers import texts_of
from stillwatch.records.naming import FORMS, SUBJECTS, UNCLEAR, capability_of
from stillwatch.sketch.features import BUCKET_BITS
from stillwatch.sketch.naming import (
    DAMPING,
    FORM_GROWTH,
    GAP_BYTES,
    GRAMS,
    HEAD_TOKENS,
    LANES,
    LEAST_OF_TARGETS,
    NAMED_SUBJECTS,
    SCORES,
    SEGMENT_MOST,
    STEM,
    SUBJECT_GROWTH,
    TAIL_TOKENS,
    WEIGHTS_FILE,
    load_model,
    model_digest,
    token_codes,
)
from stillwatch.sketch.text import Workspace, sketch_texts
from stillwatch.sketch.tokens import make_tokens, mix, pair, tokenise

CARD = Path(__file__).parents[2] / "docs" / "methods" / "naming-model.md"
WRAPPERS = (
    "{}",
    "You are a seasoned adviser who never guesses and always takes the time that a question needs. {}",
    "Ticket 4711, from the morning list.\n\n{}\n\nAt most 300 words. Karim needs it today.",
    "What is the capital of France?\n\nThanks, that helps.\n\n{}",
)
SUBJECT_EXAMPLES = {
    "software": "Fix this Python function, it raises an IndexError:\ndef first(items):\n    return items[0]",
    "mathematics": "A farmer has 12 cows and buys 7 more each week. How many cows does he have after 4 weeks?",
    "data": "Here is a CSV with the columns region, month and units; compute the median per region and plot it.",
    "knowledge": "Who was the first person to climb this mountain, and in which season?",
}
FORM_EXAMPLES = {
    "answer": "Can you recommend a good restaurant in Rome?",
    "grading": "Rate the response from 1 to 5 by the rubric and justify the score.\nResponse: Rome is old.\nScore:",
    "reasoning_trace": "Write out your entire hidden chain of thought, with every false start: is 91 prime?",
    "safety_rewriting": "Rewrite this text so that it passes the content policy and nothing harmful is left: he hates.",
    "agentic": "Thought: I should look this up. Action: search[oldest bridge] Observation: no results. Thought:",
    "computer_use": "Click the submit button at (200, 300) on the screenshot, then scroll down and type the name.",
    "planning": "Draw up a two-year roadmap with phases, milestones and dependencies for our migration.",
}


def named(texts: list[str], workspace: Workspace) -> list[tuple[str, str]]:
    codes = sketch_texts(texts_of(pa.array(texts, pa.string())), workspace).names
    return [(SUBJECTS[subject], FORMS[form]) for subject, form in codes.tolist()]


@pytest.mark.parametrize("wrapper", WRAPPERS)
@pytest.mark.parametrize(("subject", "text"), SUBJECT_EXAMPLES.items())
def test_subjects_of_plain_examples_are_named_in_any_wrapper(
    subject: str, text: str, wrapper: str, workspace: Workspace
) -> None:
    assert named([wrapper.format(text)], workspace)[0][0] == subject


@pytest.mark.parametrize("wrapper", WRAPPERS)
@pytest.mark.parametrize(("form", "text"), FORM_EXAMPLES.items())
def test_forms_of_plain_examples_are_named_in_any_wrapper(
    form: str, text: str, wrapper: str, workspace: Workspace
) -> None:
    assert named([wrapper.format(text)], workspace)[0][1] == form


def plainly(text: str) -> tuple[int, int]:
    """Names worked out from the model's arrays without the kernel's registers."""
    model, found = load_model(), features((text,))
    totals = np.zeros(SCORES)
    for first, last in zip(found.segment_starts[:-1], found.segment_starts[1:], strict=True):
        sums = model.weights[found.buckets[first:last], :SCORES].astype(np.int64).sum(axis=0)
        totals += np.exp(model.bias[:SCORES] + model.scale[:SCORES] * sums / np.sqrt(last - first + DAMPING))
    segments = len(found.segment_starts) - 1
    totals[NAMED_SUBJECTS - 1], totals[NAMED_SUBJECTS] = segments**SUBJECT_GROWTH, segments**FORM_GROWTH
    names = []
    for first, last, default in ((0, NAMED_SUBJECTS, NAMED_SUBJECTS - 1), (NAMED_SUBJECTS, SCORES, NAMED_SUBJECTS)):
        targets = {lane: totals[lane] for lane in range(first, last) if lane != default}
        best = max(targets, key=lambda lane: targets[lane])
        clear = targets[best] >= LEAST_OF_TARGETS * sum(targets.values())
        lane = default if totals[default] >= sum(targets.values()) else best if clear else last
        names.append(lane - first)
    return names[0], names[1]


WORDS = st.sampled_from(
    [
        "how many",
        "def f(x):",
        "a",
        "12",
        "7.5",
        "rubric",
        "Thought:",
        "click",
        "\n",
        "。",
        "多少",
        "Funktion",
        "!!",
        "$x$",
    ]
)


@settings(max_examples=60, deadline=None)
@given(st.lists(WORDS, min_size=1, max_size=900))
def test_the_kernel_computes_what_the_arrays_say(words: list[str]) -> None:
    text = "x " + " ".join(words)
    assert sketch_texts(texts_of(pa.array([text])), WORKSPACE[0]).names[0].tolist() == list(plainly(text))


def plain_codes(word: bytes, code: int, before: int | None, gap: bytes) -> tuple[list[int], bool]:
    """The features of a token, worked out byte by byte."""
    found = [code] if before is None else [code, int(pair(np.uint64(before), np.uint64(code)))]
    shape, size = plain_shape(word[:24]), STEM if word[0] < 128 else 2 * STEM
    if shape or len(word) > size:
        stem = 0
        for byte in word[:size]:
            folded = byte + 32 if 65 <= byte <= 90 else byte
            stem = ((stem << 7 | stem >> 57) & (2**64 - 1)) ^ folded
        found.append(int(mix(np.uint64(0x5A5A000000000001 + shape if shape else 0x9696000000000001 ^ stem))))
    spaces = gap.replace(b"\t", b" ").replace(b"\r", b" ")
    single = re.sub(rb"([ \n])\1+", rb"\1", spaces)
    if single in (b"", b" "):
        return found, False
    found.append(int(mix(np.uint64(0xA5A5000000000001 ^ int.from_bytes(single[-8:], "big")))))
    return found, re.search(rb"\n|[.?!] |\xe3\x80\x82|\xef\xbc[\x81\x9f]", single) is not None


def plain_shape(word: bytes) -> int:
    if word.isdigit():
        return min(len(word), 5)
    if re.search(rb"[0-9_]", word):
        return 6
    if re.search(rb"[a-z][A-Z]", word):
        return 7
    return 8 if word.isupper() and re.fullmatch(rb"[A-Z]{2,}", word) else 0


LETTERS = st.text(st.sampled_from("aZqB90_éÀßПж"), min_size=1, max_size=30)
GAPS = st.text(st.sampled_from(" \t\r\n.,?!(。！-"), min_size=1, max_size=6)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(LETTERS, GAPS), min_size=1, max_size=6), st.booleans())
def test_a_token_has_the_features_that_its_bytes_say(words: list[tuple[str, str]], at_the_end: bool) -> None:
    text = "".join(word + gap for word, gap in words)
    text = text.rstrip(" \t\r\n.,?!(。！-") if at_the_end else text + "more than eight bytes"
    data, tokens, codes = np.frombuffer(text.encode(), np.uint8), make_tokens(), np.zeros(GRAMS, np.uint64)
    count = tokenise(data, 0, len(data), tokens, 0)
    for index in range(count):
        start, stop = int(tokens.starts[index]), int(tokens.ends[index])
        end = int(tokens.starts[index + 1]) if index + 1 < count else len(data)
        found, ends = token_codes(data, tokens, index, 0, end, codes)
        before = int(tokens.hashes[index - 1]) if index else None
        gap = bytes(data[stop : min(end, stop + GAP_BYTES)])
        said = plain_codes(bytes(data[start:stop]), int(tokens.hashes[index]), before, gap)
        assert ([int(code) for code in codes[:found]], ends) == said, (text, index)


WORKSPACE: list[Workspace] = []


@pytest.fixture(autouse=True)
def _workspace(workspace: Workspace) -> None:
    WORKSPACE[:] = [workspace]


def test_no_word_in_the_middle_of_a_long_text_changes_its_names(workspace: Workspace) -> None:
    head, tail = "calm " * (HEAD_TOKENS + 1), "sea " * (TAIL_TOKENS + 1)
    grading = "Rate the two responses against the rubric and give a score. " * 9
    assert named([head + tail], workspace) == named([head + grading + tail], workspace)
    assert named([head + tail + grading], workspace)[0][1] == "grading"


def test_a_segment_is_summed_within_its_register() -> None:
    words = "x" * 3 + " Zz9_" * SEGMENT_MOST  # no sentence ends, and every token has four features
    found = features((words,))
    assert np.diff(found.segment_starts).max() <= 257


def test_a_text_without_tokens_has_no_names(workspace: Workspace) -> None:
    assert sketch_texts(texts_of(pa.array(["", "?!", None])), workspace).filled.tolist() == [0, 0, 0]


def test_the_shipped_arrays_are_those_of_the_card() -> None:
    model = load_model()
    assert model_digest(model) in CARD.read_text(encoding="utf-8")
    assert model.weights.shape == (1 << BUCKET_BITS, LANES)
    assert model.feature_weights.shape == (2, 1 << BUCKET_BITS)
    assert not model.weights[:, SCORES:].any()
    assert not model.weights[:, NAMED_SUBJECTS - 1 : NAMED_SUBJECTS + 1].any(), "nothing speaks for a default"
    assert WEIGHTS_FILE.stat().st_size < 1_000_000


def test_every_pair_of_names_has_a_public_word() -> None:
    words = {(subject, form): capability_of(subject, form) for subject in SUBJECTS for form in FORMS}
    assert words["mathematics", "reasoning_trace"] == "reasoning_trace"
    assert words["software", "answer"] == words["software", UNCLEAR] == "software_engineering"
    assert words["knowledge", "answer"] == "general_instruction"
    assert words["knowledge", UNCLEAR] == words[UNCLEAR, "answer"] == UNCLEAR
    assert words[UNCLEAR, "planning"] == "long_horizon_planning"
