"""The shipped prompts are what the grammar writes, all different where they must be, and tell capabilities apart."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import SGDClassifier
from sklearn.model_selection import cross_val_score

from stillwatch.records.inputs import CAPABILITIES
from stillwatch_lab.worlds.text import own_prompts

Line = dict[str, str | int]


def lines_of(folder: Path) -> dict[str, list[Line]]:
    return {
        path.name: [json.loads(line) for line in gzip.decompress(path.read_bytes()).decode().splitlines()]
        for path in sorted(folder.glob("*.jsonl.gz"))
    }


@pytest.fixture(scope="module")
def shipped() -> dict[str, list[Line]]:
    return lines_of(own_prompts.FOLDER)


def all_of(shipped: dict[str, list[Line]], kind: str) -> list[Line]:
    return [line for lines in shipped.values() for line in lines if line["kind"] == kind]


def test_the_shipped_files_are_what_the_seed_writes(tmp_path: Path, shipped: dict[str, list[Line]]) -> None:
    own_prompts.write(tmp_path)
    assert lines_of(tmp_path) == shipped


def test_another_seed_writes_other_text() -> None:
    first, second = ({prompt.prompt for prompt in own_prompts.requests(seed, 200)} for seed in (1, 2))
    assert len(first & second) < 10  # a few short ones have little to vary


def test_they_are_small_enough_to_ship() -> None:
    assert sum(path.stat().st_size for path in own_prompts.FOLDER.glob("*.jsonl.gz")) < 600_000


def test_no_slot_is_left_open(shipped: dict[str, list[Line]]) -> None:
    slots = [slot for rules in own_prompts._grammar("requests").values() for slot in rules] + ["thing", "person", "n"]
    for kind in ("organic", "distill", "bench"):
        lines = all_of(shipped, kind)
        assert lines, kind
        for line in lines:
            assert not [slot for slot in slots if "{" + slot + "}" in str(line["prompt"])], line


def test_every_line_has_the_format_of_a_prompt_file(shipped: dict[str, list[Line]]) -> None:
    assert shipped and all(shipped.values())
    for name, lines in shipped.items():
        for line in lines:
            assert name == f"{line['kind']}__{line['source']}.jsonl.gz"
            assert line["capability"] in CAPABILITIES
            assert line["chars"] == len(str(line["prompt"])) > 0


def test_conversations_have_three_to_twelve_turns_in_many_languages_and_topics(shipped: dict[str, list[Line]]) -> None:
    turns = Counter(str(line["unit"]) for line in all_of(shipped, "organic"))
    assert len(turns) == own_prompts.CONVERSATIONS
    assert set(turns.values()) == set(range(3, 13))
    topics = own_prompts._topics()
    assert len(topics) >= 60
    assert len({topic.language for topic in topics}) >= 8


def test_requests_and_questions_never_repeat(shipped: dict[str, list[Line]]) -> None:
    for kind, at_least in (("distill", 4_900), ("bench", 480)):
        prompts = [line["prompt"] for line in all_of(shipped, kind)]
        assert len(prompts) == len(set(prompts)) >= at_least


def test_two_people_on_one_topic_do_not_talk_alike(shipped: dict[str, list[Line]]) -> None:
    """Openings and turns of one unit share more words with each other than with other units."""
    units: dict[str, list[str]] = {}
    for line in all_of(shipped, "organic"):
        units.setdefault(str(line["unit"]), []).append(str(line["prompt"]))
    halves = [(" ".join(turns[::2]), " ".join(turns[1::2])) for turns in list(units.values())[:200]]
    weighted = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True).fit_transform(
        [h for pair in halves for h in pair]
    )
    cosine = np.asarray((weighted[0::2] @ weighted[1::2].T).todense())
    own, other = np.diag(cosine).mean(), (cosine.sum() - np.trace(cosine)) / (cosine.size - len(cosine))
    assert own > 3.5 * other  # about what openings of real people show


def test_capabilities_can_be_told_apart_by_a_linear_model_but_not_by_one_word(shipped: dict[str, list[Line]]) -> None:
    lines = [line for line in all_of(shipped, "distill") if own_prompts.WEIGHTS[str(line["capability"])] == 5]
    labels = np.array([str(line["capability"]) for line in lines])
    words = CountVectorizer(binary=True, min_df=3).fit_transform([str(line["prompt"]) for line in lines])
    model = SGDClassifier(random_state=0, max_iter=20, tol=None)
    assert cross_val_score(model, words, labels, cv=3).mean() > 0.9
    for capability in set(labels):
        inside = np.asarray(words[labels == capability].mean(axis=0)).ravel()
        outside = np.asarray(words[labels != capability].mean(axis=0)).ravel()
        assert (inside * (1 - outside)).max() < 0.9, capability
