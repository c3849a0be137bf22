"""An account that joins late stands no higher than its network, and at `act` only by acts of its own."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stillwatch.assess.latecomers import Standing, Tie, highest_rank, level_of_latecomer

ACT = Standing("C1", {"act": 0.95})


OF_IT = Tie(20.0, 2, True, 0.9, 20, False)


@pytest.mark.parametrize(
    ("standing", "tie", "level"),
    [
        (ACT, OF_IT, "act"),
        (ACT, replace(OF_IT, beyond=6.9), "review"),
        (ACT, replace(OF_IT, ways=1), "review"),
        (ACT, replace(OF_IT, texts=False), "review"),
        (ACT, replace(OF_IT, words=0.7), "review"),
        (ACT, replace(OF_IT, words=0.7, before=2), "act"),
        (ACT, replace(OF_IT, words=0.4, before=0), "review"),
        (ACT, replace(OF_IT, own_customer=True), None),
        (Standing("C1", {"act": 0.85, "review": 0.1}), OF_IT, "review"),
        (Standing("C1", {"act": 0.5}), OF_IT, "watch"),
        (Standing("C1", {"act": 0.4}), OF_IT, None),
        (None, OF_IT, None),
    ],
    ids=[
        "as all",
        "barely",
        "one way",
        "no words",
        "few words",
        "few from the first on",
        "fewer words",
        "own firm",
        "network at review",
        "half",
        "minority",
        "no campaign",
    ],
)
def test_its_level(standing: Standing | None, tie: Tie, level: str | None) -> None:
    assert level_of_latecomer(standing, tie) == level


def test_the_highest_that_an_account_can_stand() -> None:
    shares = ({"act": 0.95}, {"act": 0.5, "review": 0.45}, {"watch": 0.6}, {"watch": 0.4})
    assert [highest_rank(Standing("C1", one)) for one in shares] == [3, 2, 1, 0]
    assert highest_rank(None) == 0
