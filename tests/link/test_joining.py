"""Accounts are held against a network's profile: its own are found, strangers are not, however often one looks."""

from __future__ import annotations

import numpy as np
import pytest

from stillwatch.link.joining import CODE_OF, Held, Joined, Profile, joined, said_alike
from stillwatch.link.values import ATTRIBUTES

USED = [CODE_OF[name] for name in ("same_address", "same_device", "same_instructions", "same_payload")]
ACCOUNTS, SIZE = 100_000, 50
SINCE = 1_000


def profile(values: int, usage: float, rate: float) -> Profile:
    """So many values of each of four independence groups."""
    code = np.repeat(np.array(USED), values)
    keyed = np.arange(len(code), dtype=np.int64) - 2
    count = len(code)
    return Profile("N1", SIZE, code, keyed, np.full(count, usage), np.full(count, rate), np.full(count, SINCE))


def holdings(rows: list[tuple[int, int, int, int]]) -> tuple[Held, np.ndarray]:
    """From account, code, keyed and time; and their distinct counts."""
    account, code, keyed, at = (np.array(column, np.int64) for column in zip(*rows, strict=True))
    distinct = np.zeros((len(ATTRIBUTES), int(account.max()) + 1), np.int32)
    np.add.at(distinct, (code, account), 1)
    return Held(account, code, keyed, at), distinct


def one(found: list[Joined]) -> Joined:
    (only,) = found
    return only


def test_an_account_with_the_networks_values_joins() -> None:
    shared = profile(3, 0.6, 1e-5)
    own = [
        (0, code, keyed, 2_000 + keyed) for code, keyed in zip(shared.code.tolist(), shared.keyed.tolist(), strict=True)
    ]
    stranger = [(1, code, 10_000 + code, 2_000) for code in USED]
    found = one(joined(*holdings(own + stranger), shared, ACCOUNTS))
    assert (found.account, found.network, found.own_customer) == (0, "N1", False)
    assert dict(found.claims) == {ATTRIBUTES[code].claim: 3 for code in USED}
    assert found.at == 2_000 + int(shared.keyed[-1])
    assert found.bits > found.price + 7


def test_what_it_held_before_the_network_is_no_act_of_its_own() -> None:
    shared = profile(3, 0.6, 1e-5)
    pairs = list(zip(shared.code.tolist(), shared.keyed.tolist(), strict=True))
    after = one(joined(*holdings([(0, code, keyed, SINCE + 1) for code, keyed in pairs]), shared, ACCOUNTS))
    before = one(joined(*holdings([(0, code, keyed, SINCE) for code, keyed in pairs]), shared, ACCOUNTS))
    assert (after.ways, after.texts) == (2, True), "address and device; what it asks and how"
    assert (before.ways, before.texts) == (0, False)
    assert before.bits == after.bits


def test_one_sort_of_values_does_not_join() -> None:
    shared = profile(30, 0.6, 1e-5)
    rows = [(0, USED[0], int(keyed), 2_000) for keyed in shared.keyed[shared.code == USED[0]]]
    assert joined(*holdings(rows), shared, ACCOUNTS) == []


def test_the_accounts_own_organisation_is_told() -> None:
    base = profile(3, 0.6, 1e-5)
    code = base.code.copy()
    code[:3] = CODE_OF["same_organisation"]
    shared = Profile("N1", SIZE, code, base.keyed, base.usage, base.rate, base.held_since)
    rows = [(0, one, keyed, 2_000) for one, keyed in zip(code.tolist(), shared.keyed.tolist(), strict=True)]
    assert one(joined(*holdings(rows), shared, ACCOUNTS)).own_customer


@pytest.mark.parametrize("rate", [0.02, 0.2])
def test_strangers_that_are_looked_at_again_and_again_do_not_join(rate: float) -> None:
    """Null stream: accounts draw values at the profile's own chance rates and are looked at after each draw.

    The ratio of likelihoods is a martingale under chance, so that by Ville's inequality an account ever passes the
    price with probability at most 2^-price, however often it is looked at.
    """
    rng = np.random.default_rng(5)
    shared = profile(6, 0.7, rate)
    strangers = 3_000
    price = np.log2(ACCOUNTS / SIZE) + 8.0
    rows: list[tuple[int, int, int, int]] = []
    passed: set[int] = set()
    for look in range(12):
        for code in USED:
            own = shared.keyed[shared.code == code]
            hits = rng.random((strangers, len(own))) < -np.expm1(-rate)
            account, value = np.nonzero(hits)
            rows += [(int(a), code, int(own[v]), 2_000 + look) for a, v in zip(account, value, strict=True)]
            # a draw that is no value of the network is one of the account's own
            rows += [(a, code, 1_000_000 + look * 10 + code, 2_000 + look) for a in range(strangers)]
        distinct_rows = list({row[:3]: row for row in reversed(rows)}.values())
        passed |= {found.account for found in joined(*holdings(distinct_rows), shared, ACCOUNTS)}
    assert len(passed) <= max(1, 3 * strangers * 2.0**-price)


def test_an_exchange_says_what_the_network_does_by_any_sort_of_text() -> None:
    base = profile(2, 0.6, 1e-5)
    shared = Profile(
        "N1", SIZE, base.code, base.keyed, base.usage, np.where(base.keyed == 5, 0.5, 1e-5), base.held_since
    )
    payload, opening = CODE_OF["same_payload"], CODE_OF["same_opening_words"]
    own = shared.keyed[shared.code == payload].tolist()
    assert own == [4, 5], "and every second account says the latter"
    texts = {payload: np.array([4, 5, 6, 0]), opening: np.array([0, 0, 4, 0])}
    assert said_alike(shared, texts).tolist() == [True, False, False, False]
