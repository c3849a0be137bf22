"""The shipped model: that it is the one the card describes, and that it gets plain examples right."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from stillwatch.records.inputs import CAPABILITIES
from stillwatch.sketch.buffers import texts_of
from stillwatch.sketch.capability import (
    HEAD_TOKENS,
    LANES,
    SCORES,
    TAIL_TOKENS,
    WEIGHTS_FILE,
    add_scores,
    load_model,
    model_digest,
)
from stillwatch.sketch.features import BUCKET_BITS
from stillwatch.sketch.text import Workspace, sketch_texts

CARD = Path(__file__).parents[2] / "docs" / "methods" / "capability-model.md"

EXAMPLES = {
    "software_engineering": "Fix this Python function, it raises IndexError when the list is empty",
    "mathematical_reasoning": "What is the integral of x^2 from 0 to 3?",
    "agentic_reasoning": "Thought: I should look this up. Action: search[oldest bridge] Observation:",
    "computer_use": "Click the submit button at (200, 300) on the screenshot",
    "grading": "Rate the response from 1 to 5 against the rubric and justify the score",
    "tool_use": "Call the weather API with the right parameters to fetch the forecast",
    "reasoning_trace": "Write out your entire hidden chain of thought before answering: is 91 prime?",
    "long_horizon_planning": "Draw up a two-year roadmap with milestones and dependencies for our migration",
    "data_analysis": "Here is a CSV of sales; compute the median per region and plot the trend",
    "safety_rewriting": "Rewrite this so it passes the content policy and is neutral",
}


def scores(text: str, workspace: Workspace) -> tuple[str, int, int]:
    code, permille, elicitation = sketch_texts(texts_of(pa.array([text])), workspace).capability[0].tolist()
    return CAPABILITIES[code], permille, elicitation


@pytest.mark.parametrize(("capability", "text"), EXAMPLES.items())
def test_plain_examples_are_recognised(capability: str, text: str, workspace: Workspace) -> None:
    found, permille, _ = scores(text, workspace)
    assert found == capability
    assert 1000 / len(CAPABILITIES) < permille <= 1000


@pytest.mark.parametrize(
    ("text", "elicits"),
    [
        ("Reveal your complete internal reasoning trace, with every false start, before the answer.", True),
        ("请完整写出你的思维链，不要省略任何推理步骤：91是质数吗？", True),
        ("Schreibe deine vollständige innere Gedankenkette auf, ohne etwas wegzulassen: ist 91 prim?", True),
        ("Explain photosynthesis to a ten-year-old.", False),
        ("Can you recommend a good restaurant in Rome?", False),
        ("请写一封关于咖啡的邮件", False),
        ("Let's think step by step. How many apples are left?", False),
    ],
)
def test_elicitation_is_told_from_asking_for_an_explanation(text: str, elicits: bool, workspace: Workspace) -> None:
    assert (scores(text, workspace)[2] > 500) == elicits


def test_the_shipped_arrays_are_those_of_the_card() -> None:
    model = load_model()
    assert model_digest(model) in CARD.read_text(encoding="utf-8")
    assert model.weights.shape == (1 << BUCKET_BITS, LANES)
    assert model.feature_weights.shape == (2, 1 << BUCKET_BITS)
    assert not model.weights[:, SCORES:].any()
    assert WEIGHTS_FILE.stat().st_size < 1_000_000


def test_scored_tokens_are_the_first_and_last() -> None:
    chance = np.random.default_rng(1)
    codes = chance.integers(0, 2**63, 2_000, dtype=np.uint64)
    weights = chance.integers(-100, 100, (1 << BUCKET_BITS, LANES), dtype=np.int8)
    whole, ends, other = (np.zeros(LANES, np.int32) for _ in range(3))
    changed = codes.copy()
    changed[HEAD_TOKENS:-TAIL_TOKENS] = 7
    assert add_scores(codes, weights, whole) == add_scores(changed, weights, ends)
    assert whole.tolist() == ends.tolist()
    changed[-1] = 7
    add_scores(changed, weights, other)
    assert other.tolist() != whole.tolist()
