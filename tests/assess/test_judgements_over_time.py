"""A judgement made last month means the same next month: through growth, splits, merges and replaced accounts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import pytest

from stillwatch.assess.judgements import (
    EVER,
    PERMITTED,
    Covered,
    Present,
    Resolution,
    Statement,
    covered,
    events_of,
    resolve,
    through,
)
from stillwatch.records.lineage import CAMPAIGN, LINEAGE, LINEAGE_MEMBERS, NETWORK
from stillwatch.runs.lineage import Found, Groups, History, advance, inherit

DAY = datetime(2026, 5, 1)
NOTHING = History(LINEAGE.schema.empty_table(), LINEAGE_MEMBERS.schema.empty_table())


def accounts(first: int, last: int) -> frozenset[str]:
    return frozenset(f"a{number:03}" for number in range(first, last))


def day(number: float) -> datetime:
    return DAY + timedelta(days=number)


def named(past: History, *groups: frozenset[str]) -> dict[str, frozenset[str]]:
    """The groups under the network ids that they have in the next run."""
    names = inherit(past.known(NETWORK), groups, [f"N{min(group)}" for group in groups], past.subjects)
    return dict(zip(names, groups, strict=True))


def ran(past: History, number: int, *groups: frozenset[str]) -> tuple[History, dict[str, frozenset[str]]]:
    """The history after a run on that day, in which each network is a campaign too."""
    networks = named(past, *groups)
    found = {
        NETWORK: Found(networks, dict.fromkeys(networks, day(number))),
        CAMPAIGN: Found(campaigns(networks), dict.fromkeys(campaigns(networks), day(number))),
    }
    return advance(past, found, day(number)), networks


def campaigns(networks: Groups) -> dict[str, frozenset[str]]:
    return {"C" + name[1:]: held for name, held in networks.items()}


def present(networks: Groups, *seen: str) -> Present:
    found = campaigns(networks)
    return Present(frozenset(seen), networks, found, {name: "N" + name[1:] for name in found})


def said(subject: str, verdict: str = "innocent", at: float = 0.5) -> Statement:
    return Statement("judgement", subject, verdict, day(at), "ann", "spoke with them")


def meaning(past: History, networks: Groups, *statements: Statement) -> Resolution:
    return resolve(past, present(networks), statements)


@pytest.mark.parametrize("kind", [NETWORK, CAMPAIGN])
@pytest.mark.parametrize(
    "later", [accounts(0, 15), accounts(0, 6), accounts(4, 14)], ids=["grown", "shrunk", "replaced"]
)
def test_it_holds_whatever_the_membership(kind: str, later: frozenset[str]) -> None:
    past, first = ran(NOTHING, 0, accounts(0, 10))
    subject = kind + next(iter(first))[1:]
    found = meaning(past, named(past, later), said(subject))
    assert found.candidates == {"C" + subject[1:]: "innocent"}
    assert set(found.accounts) == accounts(0, 10) - later, "accounts that went elsewhere stay judged"
    assert [(one.subject, one.accounts) for one in found.applied] == [(subject, len(later))]


def test_it_holds_while_fewer_join_than_it_was_made_about() -> None:
    past, first = ran(NOTHING, 0, accounts(0, 30))
    (name,) = first
    for number in range(1, 10):
        networks = named(past, accounts(3 * number, 3 * number + 30))
        assert list(networks) == [name]
        assert meaning(past, networks, said(name)).candidates == {"C" + name[1:]: "innocent"}, number
        past, _ = ran(past, number, accounts(3 * number, 3 * number + 30))
    # the last of the thirty is replaced: those who are there now are others, and a person must look again
    networks = named(past, accounts(30, 60))
    found = meaning(past, networks, said(name))
    assert list(networks) == [name]
    assert found.candidates == {} and set(found.accounts) == accounts(0, 57)
    assert meaning(past, networks, said(name, at=9.5)).candidates == {"C" + name[1:]: "innocent"}


def test_joining_slowly_clears_no_more_than_joining_at_once() -> None:
    past, first = ran(NOTHING, 0, accounts(0, 20))
    (name,) = first
    for number in range(1, 30):
        past, networks = ran(past, number, accounts(0, 20 + 5 * number))
    found = meaning(past, networks, said(name))
    assert found.candidates == {}
    assert set(found.accounts) == accounts(0, 35)


def test_both_parts_of_a_split_stay_judged() -> None:
    past, first = ran(NOTHING, 0, accounts(0, 20))
    (name,) = first
    past, networks = ran(past, 1, accounts(0, 8), accounts(8, 20))
    assert len(networks) == 2
    assert meaning(past, networks, said(name)).candidates == dict.fromkeys(campaigns(networks), "innocent")


def test_in_a_merge_with_more_strangers_only_the_judged_are_cleared() -> None:
    past, _ = ran(NOTHING, 0, accounts(0, 10))
    past, two = ran(past, 1, accounts(0, 10), accounts(50, 90))
    old = next(iter(two))
    past, merged = ran(past, 2, accounts(0, 10) | accounts(50, 90))
    assert list(merged) == [old], "the oldest id stays"
    found = meaning(past, merged, said(old, at=1.5))
    assert found.candidates == {}, "forty strangers would hide behind ten"
    assert found.accounts == dict.fromkeys(accounts(0, 10), "innocent")
    assert [(one.subject, one.accounts) for one in found.applied] == [(old, 10)]


def test_in_a_merge_the_smaller_joins_the_judgement_of_the_larger() -> None:
    past, networks = ran(NOTHING, 0, accounts(0, 30), accounts(50, 58))
    large = next(name for name, held in networks.items() if len(held) == 30)
    past, merged = ran(past, 1, accounts(0, 30) | accounts(50, 58))
    assert meaning(past, merged, said(large)).candidates == dict.fromkeys(campaigns(merged), "innocent")


def test_a_judgement_of_what_merged_away_still_holds_for_its_accounts() -> None:
    past, networks = ran(NOTHING, 0, accounts(0, 30))
    past, networks = ran(past, 1, accounts(0, 30), accounts(50, 58))
    small = next(name for name, held in networks.items() if len(held) == 8)
    past, merged = ran(past, 2, accounts(0, 30) | accounts(50, 58))
    assert small not in merged
    found = meaning(past, merged, said(small, at=1.5))
    assert found.candidates == {}
    assert found.accounts == dict.fromkeys(accounts(50, 58), "innocent")


def test_joining_a_judged_network_in_a_flood_clears_no_stranger() -> None:
    past, first = ran(NOTHING, 0, accounts(0, 10))
    (name,) = first
    flooded = named(past, accounts(0, 60))
    found = meaning(past, flooded, said(name))
    assert found.candidates == {} and set(found.accounts) == accounts(0, 10)
    # nor does it later, when the flood has become the network's own history
    past, _ = ran(past, 1, accounts(0, 60))
    past, later = ran(past, 2, accounts(0, 61))
    found = meaning(past, later, said(name))
    assert found.candidates == {} and set(found.accounts) == accounts(0, 10)
    # unless a person has judged it since
    assert meaning(past, later, said(name, at=1.5)).candidates == {"C" + name[1:]: "innocent"}


def test_ancestors_judged_differently_keep_their_own_accounts() -> None:
    past, networks = ran(NOTHING, 0, accounts(0, 20), accounts(50, 70))
    one, other = sorted(networks, key=lambda name: min(networks[name]))
    past, merged = ran(past, 1, accounts(0, 20) | accounts(50, 70))
    found = resolve(past, present(merged), (said(one), said(other, "confirmed")))
    assert found.candidates == {}
    assert {found.accounts[name] for name in accounts(0, 20)} == {"innocent"}
    assert {found.accounts[name] for name in accounts(50, 70)} == {"confirmed"}


def test_an_accounts_own_judgement_outranks_its_networks() -> None:
    past, first = ran(NOTHING, 0, accounts(0, 10))
    (name,) = first
    networks = named(past, accounts(0, 60))
    found = resolve(past, present(networks, "a003"), (said(name), said("a003", "confirmed", at=0.1)))
    assert found.accounts["a003"] == "confirmed" and found.accounts["a004"] == "innocent"


def test_the_campaigns_own_judgement_outranks_its_networks() -> None:
    past, first = ran(NOTHING, 0, accounts(0, 10))
    (name,) = first
    campaign = "C" + name[1:]
    found = meaning(past, first, said(name, "innocent", at=0.9), said(campaign, "confirmed", at=0.1))
    assert found.candidates == {campaign: "confirmed"}


def test_whoever_left_before_the_judgement_is_not_meant() -> None:
    past, first = ran(NOTHING, 0, accounts(0, 10))
    (name,) = first
    past, _ = ran(past, 1, accounts(4, 14))
    assert covered(past, name, day(0.5), {}) == Covered(accounts(0, 14), 5)
    assert covered(past, name, day(1.5), {}) == Covered(accounts(4, 14), 9)
    assert covered(past, name, day(-9), {}) == Covered(accounts(0, 14), 5), "older than the subject itself"


def test_a_permit_covers_who_belonged_and_no_flood() -> None:
    past, first = ran(NOTHING, 0, accounts(0, 10))
    (name,) = first
    permit = Statement("permit", name, PERMITTED, EVER, permit_id="p1")
    assert meaning(past, named(past, accounts(0, 14)), permit).permitted == {"p1": accounts(0, 14)}
    assert meaning(past, named(past, accounts(0, 60)), permit).permitted == {"p1": accounts(0, 10)}


def test_a_subject_that_exists_nowhere_is_told() -> None:
    past, first = ran(NOTHING, 0, accounts(0, 10))
    statements = (said("Nffffffffffff"), said("who is this"), said("a003"), said("a900"))
    found = resolve(past, present(first, "a900"), statements)
    told: Mapping[str, str | None] = {one.statement.subject: one.subject for one in found.applied}
    assert told == {"Nffffffffffff": None, "who is this": None, "a003": "a003", "a900": "a900"}


def test_silent_subjects_are_known_though_nobody_is_concerned() -> None:
    past, first = ran(NOTHING, 0, accounts(0, 10))
    (name,) = first
    past, _ = ran(past, 1)
    found = meaning(past, {}, said(name))
    assert [(one.subject, one.accounts) for one in found.applied] == [(name, 10)]
    assert found.candidates == {}


def test_the_events_since_are_told_on_to_what_it_merged_into() -> None:
    past, _ = ran(NOTHING, 0, accounts(0, 30))
    past, networks = ran(past, 1, accounts(0, 30), accounts(50, 58))
    small = next(name for name, held in networks.items() if len(held) == 8)
    (large,) = set(networks) - {small}
    past, _ = ran(past, 2, accounts(0, 30), accounts(50, 60))
    past, _ = ran(past, 3, accounts(0, 30) | accounts(50, 60))
    past, _ = ran(past, 4, accounts(0, 30) | accounts(50, 55))
    told = through(events_of(past), small, day(1.5))
    assert told == [
        "2026-05-03: grew from 8 to 10 accounts",
        f"2026-05-04: merged into {large} with 10 accounts",
        "2026-05-05: shrank to 35 accounts",
    ]
    assert through(events_of(past), small, day(9)) == []


def test_an_account_that_took_the_id_of_a_network_accuses_nobody_and_is_not_cleared() -> None:
    past, networks = ran(NOTHING, 0, accounts(0, 30))
    (name,) = networks
    found = resolve(past, present(networks, name), [said(name, "confirmed")])
    assert found.accounts == {name: "confirmed"}, "whoever confirms it may mean the account"
    assert found.candidates == {} and found.confirmed == frozenset()
    assert [(one.subject, one.accounts) for one in found.applied] == [(name, 1)]
    found = resolve(past, present(networks, name), [said(name, "innocent")])
    assert name not in found.accounts and set(found.candidates.values()) == {"innocent"}
    assert [(one.subject, one.accounts) for one in found.applied] == [(name, 30)]
