"""Breadth: an effective number of words comes back, and accounts that draw from the pool are told from people."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from stillwatch.group import breadth
from stillwatch.group.exchanges import Exchanges
from tests.group.worlds import exchanges


def drawing(seed: int, accounts: int, words: int, each: int = 12) -> Exchanges:
    """Accounts whose texts draw from equally common words."""
    generator = np.random.default_rng(seed)
    group = exchanges(seed, accounts=accounts, each=each, person=False)
    features = 1 + generator.integers(0, words, (len(group), 16))
    values = {**group.values, "head": np.zeros(len(group), np.int64)}
    return replace(group, features=features.astype(np.uint32), values=values)


@pytest.mark.parametrize("accounts", [20, 150])
@pytest.mark.parametrize("words", [500, 5000])
def test_the_effective_number_of_words_comes_back_for_any_number_of_accounts(accounts: int, words: int) -> None:
    assert breadth.word_breadth(drawing(1, accounts, words)) == pytest.approx(math.log(words), abs=0.1)


def test_an_account_that_repeats_itself_does_not_make_the_group_narrower() -> None:
    group = drawing(2, 40, 3000)
    rows = group.account_index == 0
    repeating = group.features.copy()
    repeating[rows] = repeating[0]
    narrowed = breadth.word_breadth(replace(group, features=repeating))
    assert narrowed == pytest.approx(breadth.word_breadth(group), abs=0.1)


def test_draws_cover_the_pool_and_people_keep_to_some_of_it() -> None:
    assert abs(breadth.account_breadth(drawing(3, 60, 2000))) < 0.02
    assert breadth.account_breadth(exchanges(4, accounts=60, person=True)) < -0.2


def test_too_few_texts_have_no_breadth() -> None:
    group = drawing(5, 60, 2000)
    for few in (group.take(np.arange(30)), group.take(np.arange(0)), replace(group, features=0 * group.features)):
        assert math.isnan(breadth.word_breadth(few))
        assert math.isnan(breadth.account_breadth(few))
