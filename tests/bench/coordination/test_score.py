"""What is linked is counted by operator: the best group, any group, the strangers in them, and how sign-ups tell."""

from __future__ import annotations

import numpy as np
import pytest
from bench.coordination.score import LEAST_SIZE, best_group, births, by_operator, score

DAY = 86_400_000_000
ONE = frozenset(f"a{i}" for i in range(10))
TWO = frozenset(f"b{i}" for i in range(10))
STRANGERS = frozenset(f"s{i}" for i in range(40))
OPERATOR = {**dict.fromkeys(ONE, "one"), **dict.fromkeys(TWO, "two")}


def some(accounts: frozenset[str], count: int) -> frozenset[str]:
    return frozenset(sorted(accounts)[:count])


def test_a_group_of_one_operator_is_pure_and_holds_no_stranger() -> None:
    found = score([ONE, TWO], OPERATOR, labelled=True)
    assert (found.best, found.anywhere, found.strangers, found.purity) == (1.0, 1.0, 0, 1.0)
    assert (found.groups, found.grouped, found.largest) == (2, 20, 10)


def test_strangers_count_beside_the_best_group_and_anywhere() -> None:
    groups = [some(ONE, 8) | some(STRANGERS, 2), frozenset(sorted(STRANGERS)[10:30])]
    found = score(groups, OPERATOR, labelled=True)
    assert found.best == found.anywhere == pytest.approx(8 / 20)
    assert (found.strangers_beside, found.strangers) == (2, 22)
    assert found.purity == pytest.approx((8 + 1) / 30)  # strangers have no owner: a group of them belongs to nobody


def test_groups_that_glue_two_operators_are_not_pure_and_split_ones_count_once() -> None:
    assert score([ONE | TWO], OPERATOR, labelled=True).purity == 0.5
    halves = [some(ONE, 9), frozenset(sorted(TWO)[:8])]
    found = by_operator(halves, OPERATOR)
    assert found["one"] == {"accounts": 10, "best": 0.9, "anywhere": 0.9, "strangers_beside": 0}
    assert found["two"]["best"] == 0.8


def test_small_groups_and_single_accounts_do_not_count() -> None:
    assert score([some(ONE, LEAST_SIZE - 1)], OPERATOR, labelled=True).anywhere == 0.0
    assert best_group([STRANGERS | some(ONE, 1)], OPERATOR, "one") == frozenset()


def test_without_labels_only_groups_are_counted() -> None:
    found = score([ONE], {}, labelled=False)
    assert (found.groups, found.grouped, found.best, found.purity) == (1, 10, None, None)


def test_births_tell_a_bought_batch_and_not_rented_people() -> None:
    generator = np.random.default_rng(1)
    people = {f"s{i}": int(at) for i, at in enumerate(generator.integers(0, 1000 * DAY, 2000))}
    bought = {f"a{i}": int(at) for i, at in enumerate(500 * DAY + generator.integers(0, 2 * DAY, 60))}
    rented = {f"b{i}": int(at) for i, at in enumerate(generator.integers(0, 1000 * DAY, 60))}
    operator = {**dict.fromkeys(bought, "bought"), **dict.fromkeys(rented, "rented")}
    found = births({**people, **bought, **rented}, operator)
    assert found["bought"]["day"] > 0.95 and found["bought"]["groups_of_30"] == 1.0
    assert found["bought"]["whole"] > 4
    assert abs(found["rented"]["day"] - 0.5) < 0.1 and abs(found["rented"]["whole"]) < 0.7
    assert births(bought, operator) == {}  # nobody to compare with
