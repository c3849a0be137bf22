"""Pool memory: a pool whose customers come back is told from rows of a data set, and from answers asked for twice."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from stillwatch.group.exchanges import Exchanges
from stillwatch.group.pool_memory import pool_memory
from stillwatch.records.definitions import DAY, HOUR
from tests.group.worlds import exchanges

ACCOUNTS, EACH = 30, 60
SUBJECTS = 200


def pool(seed: int, dwells: int, words: int = 12) -> Exchanges:
    """Conversation starts in order of time, dealt to random accounts.

    Each is about a subject of its own `words`; a subject comes back within `dwells` µs (0: at any time).
    """
    generator = np.random.default_rng(seed)
    n = ACCOUNTS * EACH
    subject = generator.integers(0, SUBJECTS, n)
    begins = generator.integers(0, 20 * DAY, SUBJECTS)
    at = begins[subject] + generator.integers(0, dwells, n) if dwells else generator.integers(0, 20 * DAY, n)
    own = 1_000_000 + subject[:, None] * 100 + generator.integers(0, words * 3, (n, words))
    common = 1 + generator.integers(0, 20_000, (n, 16 - words))
    return dealt(generator, at, np.concatenate([own, common], axis=1))


def dealt(generator: np.random.Generator, at: np.ndarray, features: np.ndarray) -> Exchanges:
    group = exchanges(1, accounts=ACCOUNTS, each=EACH, person=False)
    account = np.sort(generator.permutation(np.repeat(np.arange(ACCOUNTS), EACH)))
    order = generator.permutation(len(at))
    order = order[np.lexsort((at[order], account))]
    return replace(group, started_at=at[order], features=features[order].astype(np.uint32))


def test_rows_of_a_data_set_come_back_no_sooner_than_later() -> None:
    memory = pool_memory(pool(2, dwells=0))
    assert abs(memory.soon.log) < 4.0 * memory.soon.error + 0.05
    assert abs(memory.same_day.log) < 4.0 * memory.same_day.error + 0.05


def test_customers_come_back_within_the_hour_and_on_the_day() -> None:
    memory = pool_memory(pool(3, dwells=DAY // 2))
    assert memory.soon.log > 1.0
    assert memory.same_day.log > 1.0
    assert memory.same_day.error < 0.3


def test_several_answers_within_minutes_are_no_memory_of_the_day() -> None:
    generator = np.random.default_rng(4)
    n = ACCOUNTS * EACH // 3
    question = 1 + generator.integers(0, 2**31, (n, 16))
    asked = generator.integers(0, 20 * DAY, n)
    features, at = np.repeat(question, 3, axis=0), np.repeat(asked, 3) + generator.integers(0, HOUR // 20, 3 * n)
    features[:, :4] = 1 + generator.integers(0, 2**31, (3 * n, 4))  # reworded
    memory = pool_memory(dealt(generator, at, features))
    assert memory.soon.alike > 0.01
    assert memory.soon.log > 1.0
    assert abs(memory.same_day.log) < 0.7


def test_the_same_text_asked_twice_does_not_count() -> None:
    group = pool(2, dwells=0)
    copied = replace(group, values={**group.values, "payload": np.ones(len(group), np.int64)})
    assert math.isnan(pool_memory(copied).soon.log)


def test_few_conversations_and_no_text_have_no_memory() -> None:
    group = pool(2, dwells=0)
    assert math.isnan(pool_memory(group.take(np.arange(40))).same_day.log)
    assert math.isnan(pool_memory(replace(group, features=np.zeros_like(group.features))).soon.log)
    assert math.isnan(pool_memory(group.take(np.arange(0))).soon.log)


def test_one_account_does_not_speak_for_all() -> None:
    group = pool(2, dwells=0)
    rows = group.account_index < 1
    busy = pool(5, dwells=HOUR)
    # one account takes part in the memory of a pool of its own: what it repeats elsewhere weighs like four accounts'
    mixed = group.features.copy()
    mixed[rows] = busy.features[: int(rows.sum())]
    memory = pool_memory(replace(group, features=mixed))
    assert memory.same_day.log == pytest.approx(pool_memory(group).same_day.log, abs=0.3)


def test_the_error_is_that_of_repeated_draws() -> None:
    drawn = [pool_memory(pool(seed, dwells=0)).same_day for seed in range(10, 22)]
    spread = float(np.std([one.log for one in drawn]))
    assert 0.4 * spread < float(np.mean([one.error for one in drawn])) < 2.5 * spread
