"""Words of a group's own: an effort keeps to them, people do not, and neither a template nor one customer counts."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from stillwatch.group.exchanges import Exchanges
from stillwatch.group.vocabulary import vocabulary_bits
from tests.group.worlds import exchanges, joined

PEOPLE = exchanges(1, accounts=300, first_account=1000)
WORDS = 400  # of a data set, each in one text of forty


@pytest.mark.parametrize("seed", [2, 3, 4])
def test_people_lie_near_nobody_and_an_effort_far_from_them(seed: int) -> None:
    assert vocabulary_bits(exchanges(seed), PEOPLE) < 0.3
    assert vocabulary_bits(exchanges(seed, person=False, words=WORDS), PEOPLE) > 4.0


def test_the_more_of_an_effort_the_more_bits() -> None:
    people = exchanges(5, accounts=300, each=40)
    effort = exchanges(6, accounts=300, each=40, person=False, words=WORDS)
    bits = [vocabulary_bits(_blend(people, effort, share), PEOPLE) for share in (0.0, 0.5, 0.75, 1.0)]
    assert np.diff(bits).min() > 0.5


def test_a_template_around_what_people_ask_is_no_purpose() -> None:
    wrapped = exchanges(7)
    wrapped.features[:, 0] = 4_000_000_001
    wrapped.features[:, 1] = 4_000_000_002
    assert vocabulary_bits(wrapped, PEOPLE) < 0.3


def test_customers_who_each_have_their_own_trade_stay_near_people() -> None:
    one_busy = joined(exchanges(8, accounts=1, each=2000, first_account=500), exchanges(9, accounts=60))
    assert vocabulary_bits(one_busy, PEOPLE) < 0.5


def test_customers_who_roam_over_a_relay_s_accounts_stay_near_people() -> None:
    customers = exchanges(8, accounts=200, each=60)
    dealt = np.random.default_rng(1).integers(0, 60, len(customers))
    relay = replace(customers, account_index=dealt.astype(np.int32)).take(np.argsort(dealt, kind="stable"))
    assert vocabulary_bits(relay, PEOPLE) < 0.5


def test_of_an_effort_whose_words_are_all_rare_nothing_is_said() -> None:
    assert vocabulary_bits(exchanges(3, person=False, words=20 * WORDS), PEOPLE) < 0.5


def test_too_few_accounts_and_logs_without_text_say_nothing() -> None:
    assert math.isnan(vocabulary_bits(exchanges(2, accounts=7), PEOPLE))
    silent = replace(exchanges(2, person=False), features=np.zeros((3000, 16), np.uint32))
    assert math.isnan(vocabulary_bits(silent, PEOPLE))


def test_the_order_of_accounts_in_the_logs_changes_little() -> None:
    group = exchanges(3, person=False, words=WORDS)
    turned = replace(group, account_index=(group.account_index[::-1].max() - group.account_index).astype(np.int32))
    order = np.argsort(turned.account_index, kind="stable")
    assert vocabulary_bits(turned.take(order), PEOPLE) == pytest.approx(vocabulary_bits(group, PEOPLE), abs=0.5)


def _blend(people: Exchanges, effort: Exchanges, share: float) -> Exchanges:
    chosen = np.random.default_rng(0).random(len(people)) < share
    return replace(people, features=np.where(chosen[:, None], effort.features, people.features))
