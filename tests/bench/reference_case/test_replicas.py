"""Copies of people are other people: nobody is known by what he asks, holds or showed."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq
from bench.reference_case.pool import OWN
from bench.reference_case.wordings import exchanged, word_map
from numpy.typing import NDArray

from bench.reference_case import identifiers, world
from stillwatch.records.features import decode_features
from tests.bench.reference_case.conftest import TINY

PERSONS = 60  # with most words, of which similarities are computed


def words_of(plan: world.Plan, replica: int) -> list[NDArray[np.uint32]]:
    """The words that each account of a replica uses, in the order of the people."""
    rows = pq.read_table(plan.part("exchanges", replica), columns=["account_id", "content_features"])
    features = decode_features(rows["content_features"])
    key = identifiers.purpose_key(identifiers.replica_key(plan.seed, replica), "account")
    index = pc.index_in(rows["account_id"], identifiers.named(key, TINY.people, 24)).to_numpy()
    return [np.setdiff1d(features[index == one], [0]) for one in range(TINY.people)]


def test_a_copy_is_no_twin(tiny: world.Plan) -> None:
    """A person's replicas have less in common than a person has with the most similar of a few strangers."""
    left, right = words_of(tiny, 0), words_of(tiny, 1)
    every, holders = np.unique(np.concatenate(left + right), return_counts=True)
    weight = np.log(2 * TINY.people / holders) ** 2

    def similar(one: NDArray[np.uint32], other: NDArray[np.uint32]) -> float:
        own, theirs, both = (
            weight[np.searchsorted(every, words)].sum() for words in (one, other, np.intersect1d(one, other))
        )
        return float(both / np.sqrt(own * theirs))

    truth = pq.read_table(tiny.folder / "truth" / "accounts.parquet")
    key = identifiers.purpose_key(identifiers.replica_key(tiny.seed, 0), "account")
    ids = identifiers.named(key, TINY.people, 24)
    kind = truth["kind"].take(pc.index_in(ids, truth["account_id"].combine_chunks())).to_pylist()
    persons = [one for one in range(TINY.people) if kind[one] == "person"]
    busy = sorted(persons, key=lambda one: -len(left[one]))[:PERSONS]
    replicas = [similar(left[one], right[one]) for one in busy]
    nearest = [max(similar(left[one], left[two]) for two in busy if two != one) for one in busy]
    assert np.median(replicas) < 1.2 * np.median(nearest)
    assert np.mean(np.array(replicas) > np.array(nearest)) < 0.5


def test_no_address_device_or_conversation_is_in_two_copies(tiny: world.Plan) -> None:
    for name in OWN:
        held = [
            {
                value
                for value in pq.read_table(tiny.part("exchanges", replica), columns=[name])[name].to_pylist()
                if value
            }
            for replica in range(TINY.replicas)
        ]
        assert all(held)
        # a popular text is quoted in every replica, and its SimHash with it
        shared = len(held[0] & held[1]) / len(held[0])
        assert shared < 0.05 if name == "simhash" else shared == 0


def test_no_card_address_or_firm_is_in_two_copies(tiny: world.Plan) -> None:
    first, second = (pq.read_table(tiny.part("accounts", replica)) for replica in range(TINY.replicas))
    for name in ("account_id", "payment_fingerprint", "email_hash", "organisation_id"):
        assert not {*first[name].drop_null().to_pylist()} & {*second[name].drop_null().to_pylist()}
    assert {*first["payment_issuer"].to_pylist()} & {*second["payment_issuer"].to_pylist()}
    minutes = [set(pc.floor_temporal(one["created_at"], unit="minute").to_pylist()) for one in (first, second)]
    assert len(minutes[0] & minutes[1]) < 0.05 * TINY.people


def test_popular_software_is_the_same_everywhere(tiny: world.Plan) -> None:
    first, second = (
        pq.read_table(tiny.part("exchanges", replica), columns=["user_agent_value"])["user_agent_value"].drop_null()
        for replica in range(TINY.replicas)
    )
    assert pc.mean(pc.is_in(first, second.unique())).as_py() > 0.5
    build, agent = (f"{name}_value" for name in ("fingerprint", "user_agent"))
    for replica in range(TINY.replicas):  # a build goes with one user agent
        pairs = (
            pq.read_table(tiny.part("exchanges", replica), columns=[build, agent]).drop_null().group_by([build, agent])
        )
        builds = pairs.aggregate([])[build]
        assert pc.count_distinct(builds).as_py() == len(builds)


def test_an_accounts_exchanges_keep_their_order_in_every_copy(tiny: world.Plan) -> None:
    counts = []
    for replica in range(TINY.replicas):
        rows = pq.read_table(tiny.part("exchanges", replica), columns=["account_id", "input_tokens"])
        key = identifiers.purpose_key(identifiers.replica_key(tiny.seed, replica), "account")
        index = pc.index_in(rows["account_id"], identifiers.named(key, TINY.people, 24)).to_numpy()
        tokens = rows["input_tokens"].to_numpy()
        counts.append([tokens[index == one].tolist() for one in range(TINY.people)])
    assert len(counts) > 1 and sum(map(len, counts[0])) > TINY.people
    assert all(one == other for one, other in pairwise(counts))


def test_words_change_places_with_words_as_common() -> None:
    units = np.repeat([1, 2, 10, 11, 40, 400], 50)
    vocabulary = np.arange(300, dtype=np.uint32)
    known = np.array([5, 6, 7], np.uint32)
    found = word_map(vocabulary, units, 1_000, known, np.uint64(7))
    other = word_map(vocabulary, units, 1_000, known, np.uint64(8))
    assert found[0] == 0
    assert (found[250:] == vocabulary[250:]).all()  # everybody's
    assert sorted(found[100:200]) == list(range(100, 200))  # units 10 and 11 lie in one band
    assert sorted(found[200:250]) == list(range(200, 250))
    fresh = np.setdiff1d(np.arange(1, 100), known)
    assert (found[fresh] > 300).all() and len(np.unique(found[fresh])) == len(fresh)
    assert (found[fresh] != other[fresh]).all() and (found[100:200] != other[100:200]).mean() > 0.9
    assert (found[known] < 300).all()  # the campaign writes them too


def test_only_kin_change_places() -> None:
    units, kin = np.full(40, 3), np.arange(40) % 2
    found = exchanged(units, np.arange(40) != 4, np.uint64(1), kin=kin)
    assert sorted(found) == list(range(40)) and found[4] == 4
    assert (kin[found] == kin).all() and (found != np.arange(40)).sum() > 30


def test_counted_ids_keep_the_order_of_numbers() -> None:
    numbers = np.array([0, 9, 10, 255, 256, 2**40], np.int64)
    ids = identifiers.counted_ids(numbers).to_pylist()
    assert ids == sorted(ids) and ids[3] == "req_00000000000000ff"
