"""Separation: exchanges drawn from a known purpose are recalled from people's own."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from stillwatch.group import separation
from stillwatch.group.exchanges import Exchanges
from stillwatch.group.purposes import Purpose
from stillwatch.group.reference_population import reference_population
from stillwatch.group.taken_over import taken_over
from stillwatch.records.definitions import HOUR
from tests.group.worlds import NAMES, exchanges, joined, set_names


def separate(group: Exchanges, reference: Exchanges) -> Purpose:
    """The only purpose of a group."""
    (found,) = separation.separate(group, reference_population(reference))
    return found


def test_separates_a_purpose_from_its_carriers_own_traffic() -> None:
    reference = exchanges(1, accounts=400, first_account=1000)
    own = exchanges(2, accounts=60, each=30, first_account=0)
    effort = exchanges(3, accounts=60, each=20, person=False, first_account=0)
    mixed = joined(own, effort)
    found = separate(mixed, reference)
    truth = np.isin(mixed.values["head"], np.arange(77, 85))
    said = found.served
    assert (said & truth).sum() / said.sum() > 0.95
    assert (said & truth).sum() / truth.sum() > 0.9
    assert abs(found.share - truth.mean()) < 0.05


def test_who_copies_a_member_does_not_make_the_purpose_of_its_words() -> None:
    reference = exchanges(1, accounts=400, first_account=1000)
    effort = exchanges(3, accounts=60, each=20, person=False, first_account=0)
    group = joined(effort, exchanges(4, accounts=6, each=60, first_account=100))
    alone = separate(group, reference)
    copied = group
    for turn in range(1, 9):
        copies = exchanges(4, accounts=6, each=60, first_account=100)
        copies.account_index[:] = np.random.default_rng(turn).integers(0, 60, len(copies))
        copies.started_at[:] += turn * 60_000_000
        copies.values["conversation"][:] += turn
        copied = joined(copied, copies)
    found = separate(copied, reference)
    assert np.allclose(found.probability[~taken_over(copied)], alone.probability, atol=0.01)


def test_who_asks_other_things_than_a_whole_network_does_not_serve_it() -> None:
    reference = exchanges(1, accounts=400, first_account=1000)
    group = joined(
        exchanges(3, accounts=60, each=20, person=False, first_account=0),
        exchanges(4, accounts=3, each=20, first_account=100),
    )
    found = separate(group, reference)
    assert found.whole
    assert found.served[group.account_index < 60].mean() > 0.98
    assert not found.served[group.account_index >= 100].any()


def test_a_pure_effort_is_one_purpose() -> None:
    reference = exchanges(1, accounts=400, first_account=1000)
    found = separate(exchanges(5, person=False), reference)
    assert found.share > 0.95


def test_without_text_everything_is_one_purpose() -> None:
    reference, group = exchanges(1, accounts=400, first_account=1000), exchanges(5, person=False)
    for silent in (reference, group):
        silent.subject[:] = -1
        silent.features[:] = 0
        silent.values["head"][:] = 0
    assert (separate(group, reference).probability == 1.0).all()


def test_an_effort_stands_apart_and_what_customers_of_a_relay_ask_does_not() -> None:
    reference = exchanges(1, accounts=400, first_account=1000)
    effort = separate(exchanges(5, person=False), reference)
    assert effort.apart > 0.9
    assert effort.people_apart < 0.05
    customers = separate(exchanges(6), reference)
    assert customers.whole
    assert customers.apart < 0.25


def test_customers_who_differ_from_people_are_not_taken_for_the_effort_they_share_accounts_with() -> None:
    reference = exchanges(1, accounts=400, first_account=1000)
    generator = np.random.default_rng(5)
    customers = exchanges(2, accounts=60, each=30, first_account=0)
    some = generator.random(len(customers)) < 0.3
    customers.features[some, 0] = 3_000_000_000 + generator.integers(0, 40, some.sum())  # what is asked of this relay
    set_names(customers, generator.choice(NAMES, len(customers), p=np.r_[0.45, 0.45, np.full(10, 0.01)]))
    mixed = joined(customers, exchanges(3, accounts=60, each=12, person=False, first_account=0))
    truth = np.isin(mixed.values["head"], np.arange(77, 85))
    found = separate(mixed, reference)
    assert not found.whole
    assert (found.served & truth).sum() / found.served.sum() > 0.95
    assert (found.served & truth).sum() / truth.sum() > 0.4


def test_sizes_of_answers_tell_an_effort_whose_words_are_hardly_its_own() -> None:
    reference = exchanges(1, accounts=400, first_account=1000)
    effort = exchanges(3, accounts=60, each=20, person=False, first_account=0)
    generator = np.random.default_rng(5)
    effort.values["head"][generator.random(len(effort)) > 0.7] = 0
    effort.features[:, 6:] = 1 + generator.zipf(1.3, (len(effort), 10)) % 20_000
    effort.features[:, 6:8] = 4_000_000_000 + generator.integers(0, 40, (len(effort), 2))  # two words of its own
    relay = joined(exchanges(2, accounts=60, each=30, first_account=0), effort)
    truth = np.isin(relay.exchange_id.to_pylist(), effort.exchange_id.to_pylist())
    relay.output_size[truth] = np.exp(generator.normal(8.0, 0.4, truth.sum())).astype(np.int64)
    recalled = _recall(relay, reference, truth)
    relay.output_size[:] = relay.output_size[generator.permutation(len(relay))]
    assert recalled > 0.95
    assert recalled > _recall(relay, reference, truth) + 0.05


def test_a_customer_who_roams_with_a_topic_is_not_taken_for_the_effort() -> None:
    reference = exchanges(1, accounts=400, first_account=1000)
    generator = np.random.default_rng(7)
    customers = exchanges(2, accounts=60, each=40, first_account=0)
    roams = generator.random(len(customers)) < 0.06
    customers.features[roams, 6:] = 3_000_000_000 + generator.integers(0, 12, (roams.sum(), 10))
    effort = exchanges(3, accounts=60, each=20, person=False, first_account=0)
    effort.output_size[:] = np.exp(generator.normal(8.0, 0.4, len(effort))).astype(np.int64)
    effort.features[:, 6:] = 4_000_000_000 + generator.integers(0, 80, (len(effort), 10))
    relay = joined(customers, effort)
    roaming = (relay.features // 1_000_000_000 == 3).any(axis=1)
    found = separate(relay, reference)
    truth = np.isin(relay.values["head"], np.arange(77, 85))
    assert roaming.sum() > 100
    assert found.served[roaming].mean() < 0.1
    assert found.served[truth].mean() > 0.9


@pytest.mark.parametrize("seed", range(8))
def test_of_what_customers_ask_through_a_relay_nothing_is_picked(seed: int) -> None:
    # of one program, whose tools, settings and instructions half of them share, and not those of people outside
    reference = exchanges(1, accounts=400, first_account=1000)
    generator = np.random.default_rng(seed)
    relay = exchanges(20 + seed, accounts=60, each=60, first_account=0)
    relay.account_index[:] = np.sort(generator.integers(0, 30, len(relay)))
    sent = generator.permutation(len(relay)) < len(relay) // 2
    for name in ("tools", "parameters", "instructions"):
        relay.values[name][sent] = 5
    found = separate(relay, reference)
    assert found.whole
    assert found.apart < 0.25


def test_what_is_sent_alike_goes_with_a_purpose_but_is_none() -> None:
    reference = exchanges(1, accounts=400, first_account=1000)
    mixed = joined(
        exchanges(2, accounts=60, each=30, first_account=0),
        exchanges(3, accounts=60, each=20, person=False, first_account=0),
    )
    truth = np.isin(mixed.values["head"], np.arange(77, 85))
    alike = truth | (np.random.default_rng(4).random(len(mixed)) < 0.5)  # of half the customers as well
    mixed.values["tools"][alike] = 5
    mixed.values["instructions"][alike] = 6
    found = separate(mixed, reference)
    assert found.served[truth].mean() > 0.95
    assert found.served[~truth].mean() < 0.02


def test_one_topic_that_a_customer_may_ask_is_no_purpose_of_a_relay() -> None:
    generator = np.random.default_rng(3)
    reference = exchanges(1, accounts=400, each=60, first_account=1000)
    relay = exchanges(2, accounts=60, each=40, first_account=0)
    topic = generator.permutation(len(relay)) < 55
    relay.features[topic, 6:] = 4_000_000_000 + generator.integers(0, 12, (topic.sum(), 10))
    relay.values["head"][topic] = 77
    found = separate(relay, reference)
    assert found.whole
    assert found.apart < 0.25


def test_several_data_sets_of_one_effort_are_found_one_after_the_other() -> None:
    reference = exchanges(1, accounts=400, first_account=1000)
    parts = [exchanges(3 + k, accounts=60, each=10, person=False, pool=9_000_000 + 100_000 * k) for k in range(3)]
    for k, part in enumerate(parts):
        part.values["head"][:] = 80 + 10 * k
        set_names(part, np.full(len(part), 2 * k))
    mixed = joined(exchanges(2, accounts=60, each=30), joined(parts[0], joined(parts[1], parts[2])))
    truth = mixed.values["head"] != 0
    found = separate(mixed, reference)
    assert found.served[truth].mean() > 0.9
    assert found.served[truth].sum() > 0.95 * found.served.sum()


def _recall(group: Exchanges, reference: Exchanges, truth: NDArray[np.bool_]) -> float:
    found = separate(group, reference)
    assert not found.whole
    return float(found.served[truth].mean())


def test_a_purpose_learned_from_some_accounts_is_that_learned_from_all(monkeypatch: pytest.MonkeyPatch) -> None:
    reference = exchanges(1, accounts=400, first_account=1000)
    own = exchanges(2, accounts=400, each=30, first_account=0)
    mixed = joined(own, exchanges(3, accounts=400, each=20, person=False, words=200))
    whole = separate(mixed, reference)
    monkeypatch.setattr(separation, "SAMPLE", len(mixed) // 4)
    sampled = separate(mixed, reference)
    assert (sampled.served == whole.served).mean() > 0.99
    assert sampled.share == pytest.approx(whole.share, abs=0.02)
    assert sampled.apart == pytest.approx(whole.apart, abs=0.03)
    assert len(sampled.probability) == len(mixed)


def test_a_conversation_of_an_hour_is_sampled_as_a_whole_and_later_exchanges_change_no_lot() -> None:
    group = exchanges(5, accounts=60, each=40)
    # every fourth exchange is in no conversation, the others in one of an account's two
    numbers = 1 + 2 * group.account_index + np.arange(len(group)) % 2
    group.values["conversation"][:] = np.where(np.arange(len(group)) % 4, numbers, 0)
    lot = separation._lot(group)
    both = np.stack([group.values["conversation"], group.started_at // HOUR])
    named = group.values["conversation"] != 0
    _, code = np.unique(both[:, named], axis=1, return_inverse=True)
    first = np.zeros(code.max() + 1, np.uint64)
    first[code] = lot[named]
    assert (first[code] == lot[named]).all() and len(np.unique(lot[named])) == code.max() + 1
    assert len(np.unique(lot[~named])) == np.count_nonzero(~named)
    earlier = group.started_at < np.median(group.started_at)
    assert (separation._lot(group.take(earlier)) == lot[earlier]).all()
    assert stats.kstest(np.unique(lot) / 2.0**64, "uniform").pvalue > 0.001


def test_traffic_under_one_conversation_name_is_sampled_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    reference = exchanges(1, accounts=400, first_account=1000)
    group = exchanges(5, person=False)
    group.values["conversation"][:] = 7
    group.started_at[:] = np.arange(len(group))  # all within one hour
    monkeypatch.setattr(separation, "SAMPLE", 100)
    telling = separation._Telling(group, reference_population(reference))
    assert len(telling.sample) == len(group)
    assert separate(group, reference).whole
    group.started_at[:] = np.arange(len(group)) * 3_600_000_000
    assert len(separation._Telling(group, reference_population(reference)).sample) == 100


def test_parts_that_different_accounts_ask_are_different_efforts() -> None:
    def part(accounts: range) -> Purpose:
        served = np.isin(group.account_index, accounts)
        return Purpose(0.5, np.where(served, 0.95, 0.0), np.zeros(len(group)))

    group = exchanges(2, accounts=80, each=30)
    one, other, both = part(range(40)), part(range(40, 80)), part(range(80))
    assert list(map(len, separation._hands(group, [one, other]))) == [1, 1]
    assert list(map(len, separation._hands(group, [one, other, one]))) == [1, 2]
    assert list(map(len, separation._hands(group, [one, both]))) == [2]
    few = part(range(60, 70))  # of too few accounts to be a hand
    assert list(map(len, separation._hands(group, [one, few]))) == [2]


def test_data_sets_dealt_over_the_same_accounts_are_one_effort() -> None:
    reference = exchanges(1, accounts=400, first_account=1000)
    parts = [
        exchanges(3 + k, accounts=80, each=8, person=False, pool=9_000_000 + 500_000 * k, words=300) for k in range(2)
    ]
    both = joined(exchanges(2, accounts=80, each=30), joined(*parts))
    assert len(separation.separate(both, reference_population(reference))) == 1
