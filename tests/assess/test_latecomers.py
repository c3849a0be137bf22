"""An account that joins late stands no higher than its network, and at `act` only by acts of its own."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stillwatch.assess.latecomers import Standing, Tie, level_of_latecomer

ACT = Standing("C1", {"act": 0.95})


OF_IT = Tie(20.0, 2, True, False)


@pytest.mark.parametrize(
    ("standing", "tie", "level"),
    [
        (ACT, OF_IT, "act"),
        (ACT, replace(OF_IT, beyond=6.9), "review"),
        (ACT, replace(OF_IT, ways=1), "review"),
        (ACT, replace(OF_IT, texts=False), "review"),
        (ACT, replace(OF_IT, own_customer=True), None),
        (Standing("C1", {"act": 0.85, "review": 0.1}), OF_IT, "review"),
        (Standing("C1", {"act": 0.5}), OF_IT, "watch"),
        (Standing("C1", {"act": 0.4}), OF_IT, None),
        (None, OF_IT, None),
    ],
    ids=["as all", "barely", "one way", "no words", "own firm", "network at review", "half", "minority", "no campaign"],
)
def test_its_level(standing: Standing | None, tie: Tie, level: str | None) -> None:
    assert level_of_latecomer(standing, tie) == level
