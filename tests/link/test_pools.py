"""Content pools: a queue's accounts are found, people who share a subject are not, and absent text finds nothing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stillwatch.link.conversation_starts import ConversationStarts
from stillwatch.link.memoryless import perhaps_memoryless
from stillwatch.link.pools import _joined, _likeness, _standing_out, as_groups, find_pools
from stillwatch.link.self_similarity import CodedContents, coded, contents, similarities

PEOPLE, SUBJECTS = 900, 30


def starts_of(seed: int, pools: tuple[tuple[int, int], ...], mean: float = 12.0) -> tuple[np.ndarray, np.ndarray]:
    """Conversation starts: account indices and features of 16.

    People come first; each has a subject of one in SUBJECTS and a few words of their own within it. `pools` gives each
    pool's accounts and words; its accounts ask with words drawn from all of them. Volumes are Poisson about `mean`.
    """
    generator = np.random.default_rng(seed)
    account_index, features = [], []
    sizes = [PEOPLE, *(size for size, _ in pools)]
    owner = np.repeat(np.arange(len(sizes)), sizes)
    for account, pool in enumerate(owner.tolist()):
        subject = 100_000 * (1 + account % SUBJECTS) + generator.choice(3000, 40, replace=False)
        for _ in range(max(1, generator.poisson(mean))):
            common = generator.zipf(1.3, 8) % 20_000
            if pool == 0:
                own = generator.choice(subject, 8)
            else:
                own = 10_000_000 * pool + generator.integers(0, pools[pool - 1][1], 8)
            account_index.append(account)
            features.append(np.concatenate([common, own]) + 1)
    return np.array(account_index, np.int32), np.array(features, np.uint32)


def held_of(seed: int, pools: tuple[tuple[int, int], ...], mean: float = 12.0) -> tuple[CodedContents, np.ndarray]:
    """The contents of `starts_of`, and which accounts are perhaps memoryless."""
    account_index, features = starts_of(seed, pools, mean)
    held = coded(contents(account_index, features, PEOPLE + sum(size for size, _ in pools)))
    return held, perhaps_memoryless(similarities(held))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("mean", [9.0, 20.0])
def test_pools_are_found_apart_and_without_people(seed: int, mean: float) -> None:
    held, memoryless = held_of(seed, ((60, 1500), (40, 800)), mean)
    found = find_pools(held, memoryless, 8)
    assert len(found) == 2
    first, second = set(range(PEOPLE, PEOPLE + 60)), set(range(PEOPLE + 60, PEOPLE + 100))
    for pool, true in zip(found, (first, second), strict=True):
        assert len(set(pool.tolist()) - true) <= 2
        assert len(set(pool.tolist()) & true) >= 0.75 * len(true)


@pytest.mark.parametrize("seed", range(4))
def test_people_alone_make_no_pools(seed: int) -> None:
    assert find_pools(*held_of(seed, ()), 8) == []


def test_accounts_alike_as_everybody_is_are_no_pool() -> None:
    held, _ = held_of(9, ((60, 1500),))
    crowd, pool = np.arange(0, 120, 2, dtype=np.int32), np.arange(PEOPLE, PEOPLE + 60, dtype=np.int32)
    found = _standing_out(held, [crowd, pool], np.zeros(len(held.weight), np.int32))
    assert [one.tolist() for one in found] == [pool.tolist()]


def test_a_large_pool_is_one_pool() -> None:
    held, memoryless = held_of(5, ((200, 2500),))
    found = find_pools(held, memoryless, 8)
    assert len(found) == 1
    assert len(found[0]) >= 150


def test_parts_of_one_pool_are_joined_and_two_pools_are_not() -> None:
    held, _ = held_of(8, ((100, 1500), (50, 1500)))
    first, second = (
        np.arange(PEOPLE, PEOPLE + 100, dtype=np.int32),
        np.arange(PEOPLE + 100, PEOPLE + 150, dtype=np.int32),
    )
    found = _joined(held, [first[::2], second, first[1::2]], np.zeros(len(held.weight), np.int32))
    assert sorted(pool.tolist() for pool in found) == [first.tolist(), second.tolist()]


def test_without_text_there_are_no_pools() -> None:
    held = coded(contents(np.empty(0, np.int32), np.empty((0, 16), np.uint32), 50))
    assert find_pools(held, np.ones(50, bool), 8) == []


def test_accounts_of_few_starts_belong_to_no_pool() -> None:
    held, memoryless = held_of(6, ((60, 1500),), mean=2.0)
    for pool in find_pools(held, memoryless, 8):
        assert (held.conversation_starts[pool] >= 4).all()


def test_pools_are_the_same_on_any_number_of_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stillwatch.link.pools.ACCOUNTS_AT_ONCE", 16)
    held, memoryless = held_of(7, ((60, 1500),))
    one, three = (find_pools(held, memoryless, 8, threads) for threads in (1, 3))
    assert [pool.tolist() for pool in one] == [pool.tolist() for pool in three]
    assert one


@settings(max_examples=8)
@given(st.integers(0, 2**32))
def test_likeness_agrees_with_comparing_all_pairs(seed: int) -> None:
    account_index, features = starts_of(seed, ((6, 60),), mean=5.0)
    held = coded(contents(account_index, features, PEOPLE + 6))
    members = np.arange(PEOPLE, PEOPLE + 6, dtype=np.int32)
    found = _likeness(held, members, np.zeros(len(held.weight), np.int32))
    one = members[0]
    count = [
        dict(zip(held.code[a:b], held.count[a:b].astype(int), strict=True))
        for a, b in zip(held.start[members], held.start[members + 1], strict=True)
    ]
    shared = [code for code in count[0] if code > 0]
    own = sum(held.weight[code] * count[0][code] * (count[0][code] - 1) for code in shared)
    across = sum(held.weight[code] * count[0][code] * other.get(code, 0) for code in shared for other in count[1:])
    assert found.own[0] == pytest.approx(own)
    assert found.pool[0] == pytest.approx(across)
    starts = held.conversation_starts
    assert found.pool_pairs[0] == starts[one] * starts[members[1:]].sum()


def test_groups_say_when_accounts_belong_and_which_could_have() -> None:
    settled_at = np.array([0, 50, 60, 70, 80], np.int64)
    nothing = np.empty(0, np.int32), np.empty(0, np.int64), np.empty((0, 16), np.uint32), np.empty(0, np.uint16)
    starts = ConversationStarts(*nothing, np.empty(0, np.bool_), settled_at)
    pools = [np.array([2, 4], np.int32), np.array([1, 3], np.int32)]
    groups = as_groups(pools, starts, np.array([3, 4, 9, 9, 9], np.int32))
    assert groups.account.tolist() == [1, 2, 3, 4]
    assert groups.group.tolist() == [1, 0, 1, 0]
    assert groups.first_at.tolist() == [50, 60, 70, 80]
    assert groups.possible.tolist() == [False, True, True, True, True]
