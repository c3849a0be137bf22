"""Repeats: how often, how evenly, on which accounts and in what order texts come back is as it was made."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kendalltau

from stillwatch.group import repeats
from stillwatch.group.exchanges import Exchanges
from stillwatch.records.definitions import DAY, HOUR
from tests.group.worlds import exchanges

N = 3000


def asked(text: np.ndarray, at: np.ndarray, account: np.ndarray) -> Exchanges:
    """Conversations that begin with these texts (from 1) at these times (µs) on these accounts."""
    order = np.lexsort((at, account))
    group = exchanges(1, accounts=1, each=len(text))
    values = {**group.values, "payload": text[order].astype(np.int64)}
    return replace(group, account_index=account[order].astype(np.int32), started_at=at[order], values=values)


def drawn(seed: int, text: np.ndarray, at: np.ndarray | None = None, accounts: int = 20) -> repeats.Askings:
    """Askings of the texts by random accounts, at random times unless those are given."""
    generator = np.random.default_rng(seed)
    times = generator.integers(0, 20 * DAY, len(text)) if at is None else at
    return repeats.askings(asked(text, times, generator.integers(0, accounts, len(text))))


def test_the_share_of_repetitions_comes_back() -> None:
    text = np.random.default_rng(1).permutation(np.concatenate([np.arange(1, 2401), np.arange(1, 601)]))
    assert repeats.repeated_share(drawn(2, text)) == 600 / 3000


def test_repeats_drawn_by_volume_are_dealt_and_an_accounts_own_are_not() -> None:
    text = 1 + np.random.default_rng(1).integers(0, 300, N)
    assert repeats.dealt_repeats(drawn(2, text)) == pytest.approx(1.0, abs=0.03)
    own = repeats.askings(asked(text, np.arange(N), text % 20))
    assert repeats.dealt_repeats(own) == 0.0


def test_best_of_three_is_even_and_popular_texts_are_not() -> None:
    assert repeats.evenness(drawn(2, np.repeat(np.arange(1, 1001), 3))) == 1.0
    assert repeats.evenness(drawn(2, np.random.default_rng(1).zipf(1.4, N))) < 0.2


def test_the_pause_before_another_account_repeats_comes_back() -> None:
    generator = np.random.default_rng(3)
    begin = generator.integers(0, 20 * DAY, 500)
    found = drawn(4, np.tile(np.arange(1, 501), 2), np.concatenate([begin, begin + 3 * HOUR]))
    assert repeats.repeat_pause(found) == pytest.approx(math.log(3.0), abs=1e-6)


@settings(max_examples=20)
@given(st.integers(0, 2**32), st.floats(0.0, 1.0))
def test_order_agrees_with_kendalls_tau_where_one_pass_ends_before_the_next(seed: int, stirred: float) -> None:
    generator = np.random.default_rng(seed)
    first = np.arange(300) * HOUR // 10
    place = np.argsort(np.arange(300) + 300 * stirred * generator.random(300))
    second = 10 * DAY + np.argsort(place) * HOUR // 10
    found = drawn(5, np.tile(np.arange(1, 301), 2), np.concatenate([first, second]))
    assert repeats.pass_order(found) == pytest.approx(kendalltau(first, second).statistic, abs=0.03)


def test_random_repetitions_have_no_order() -> None:
    text = 1 + np.random.default_rng(1).integers(0, 1000, N)
    assert abs(repeats.pass_order(drawn(2, np.tile(np.arange(1, 1001), 2)))) < 0.08
    # where texts are met more than twice, later meetings say nothing of the order either
    assert repeats.pass_order(drawn(2, text)) < 0.1


def test_refused_requests_and_turns_within_a_conversation_are_no_askings() -> None:
    group = asked(1 + np.arange(60), np.arange(60) * HOUR, np.arange(60) % 3)
    group.values["status"][:10] = 429
    assert len(repeats.askings(group)) == 50
    three = replace(group, values={**group.values, "conversation": group.account_index + np.int64(1)})
    assert len(repeats.askings(three)) == 2  # the first request of the first account was refused


def test_one_account_does_not_speak_for_all() -> None:
    generator = np.random.default_rng(7)
    text, at, account = 1 + np.arange(2000), generator.integers(0, 20 * DAY, 2000), generator.integers(0, 20, 2000)
    busy = 1 + generator.integers(2000, 2**62, 3000).repeat(5)
    for own in (np.full(15_000, 5), busy):
        group = asked(
            np.concatenate([text, own]),
            np.concatenate([at, generator.integers(0, 20 * DAY, len(own))]),
            np.concatenate([account, np.full(len(own), 30)]),
        )
        assert repeats.repeated_share(repeats.askings(group)) < 0.3


def test_too_few_say_nothing() -> None:
    found = drawn(1, np.arange(1, 30))
    statistics = (repeats.repeated_share, repeats.dealt_repeats, repeats.evenness, repeats.pass_order)
    assert all(math.isnan(one(found)) for one in (*statistics, repeats.repeat_pause))
    assert math.isnan(repeats.pass_order(drawn(1, np.zeros(30, np.int64))))


def test_a_sample_takes_all_askings_of_its_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    generator = np.random.default_rng(1)
    text = np.tile(generator.integers(1, 2**62, 1000), 3)
    monkeypatch.setattr(repeats, "ASKED", 1000)
    found = drawn(2, text)
    assert 700 < len(found) < 1300
    assert set(np.bincount(found.text).tolist()) == {3}
