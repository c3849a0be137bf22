"""An earlier operator is weighed against chance and against innocent reasons, which explain evidence away."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.assess.reentry import REASONS, Weighed, candidates, weighed
from stillwatch.assess.thresholds import CREDIBLE, NAMED

STRONG = 14.0
ABSENT = -16.0
IDENTITY = {"place": ABSENT, "registration": ABSENT, "payment": ABSENT}


def one(bits: dict[str, float], size: int = 60) -> Weighed:
    (found,) = weighed([bits], [size], size)
    return found


def test_nothing_in_common_is_nearly_certain_innocence() -> None:
    assert one({**IDENTITY, "software": ABSENT, "wording": ABSENT, "contents": -8.0}).probability < 1e-4


def test_old_software_and_contents_name_an_operator_with_new_papers() -> None:
    assert one({**IDENTITY, "software": 8.0, "wording": 8.0, "contents": 13.0}).probability > 0.9


def test_contents_alone_name_it() -> None:
    found = one({**IDENTITY, "software": ABSENT, "wording": ABSENT, "contents": 15.0})
    assert NAMED < found.probability < 0.95, "somebody else may ask the same"


@pytest.mark.parametrize("reason", [one for one in REASONS if "contents" not in one.explains], ids=lambda one: one.name)
def test_what_an_innocent_reason_explains_names_nobody(reason) -> None:
    found = one({**dict.fromkeys(("contents", "lifecycle"), -5.0), **dict.fromkeys(reason.explains, STRONG)})
    assert found.probability < NAMED
    assert found.reason is not None
    assert found.of_reason > 0.2


def test_networks_compete_and_share_what_is_assumed() -> None:
    alike = {"software": 8.0, "wording": 8.0, "contents": 12.0}
    alone = one(alike)
    left, right = weighed([alike, alike], [60, 60], 120)
    assert left.probability == pytest.approx(right.probability)
    assert left.probability + right.probability == pytest.approx(alone.probability, rel=0.02)
    (small,) = weighed([alike], [60], 60_000)
    assert small.probability < alone.probability, "one network of very many"


def test_probabilities_are_probabilities() -> None:
    most = dict.fromkeys(("software", "wording", "place", "registration", "payment", "contents", "lifecycle"), 16.0)
    found = weighed([most, most, {}], [10, 10, 10], 30)
    assert 0.99 < sum(each.probability for each in found) <= 1.0


@given(st.dictionaries(st.sampled_from("abcdef"), st.floats(1e-6, 0.16), min_size=1))
def test_candidates_are_the_fewest_that_carry_nearly_all(probabilities: dict[str, float]) -> None:
    found = candidates(probabilities.items())
    carried, wanted = sum(found.values()), CREDIBLE * sum(probabilities.values())
    assert carried >= wanted
    assert carried - min(found.values()) < wanted
    assert min(found.values()) >= max((v for name, v in probabilities.items() if name not in found), default=0.0)
    assert list(found.values()) == sorted(found.values(), reverse=True)


def test_a_network_far_likelier_than_others_is_the_only_candidate() -> None:
    assert candidates([("a", 0.94), ("b", 0.03)]) == {"a": 0.94}
    assert candidates([("b", 0.4), ("a", 0.1), ("c", 0.01), ("a", 0.3)]) == {"a": 0.4, "b": 0.4}
