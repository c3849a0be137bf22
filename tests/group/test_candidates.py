"""Ids of candidates: unique within a run, and those of the campaigns that they continue."""

from __future__ import annotations

from datetime import datetime

from hypothesis import given
from hypothesis import strategies as st

from stillwatch.group.candidates import CandidateIds, further
from stillwatch.runs.lineage import Known

NETWORK, FIRST = "N0123456789ab", "C0123456789ab"
ONE, OTHER = [f"a{k}" for k in range(20)], [f"b{k}" for k in range(30)]


def known(**accounts: list[str]) -> dict[str, Known]:
    return {name: Known(name, datetime(2026, 5, 1), frozenset(own), False) for name, own in accounts.items()}


def test_a_network_with_one_candidate_has_the_id_of_the_campaign_that_it_continues() -> None:
    assert CandidateIds({NETWORK: FIRST}, {}, ()).of(NETWORK, [ONE], [False]) == [FIRST]


def test_several_candidates_have_ids_of_their_own() -> None:
    found = CandidateIds({NETWORK: FIRST}, {}, ()).of(NETWORK, [ONE, OTHER, ONE], [False, False, True])
    assert found == [FIRST, further(NETWORK, 2), further(NETWORK, 0)]


def test_the_next_run_finds_them_again_in_any_order() -> None:
    second, again = further(NETWORK, 2), further(NETWORK, 0)
    before = known(**{FIRST: ONE, second: OTHER, again: ONE})
    ids = CandidateIds({NETWORK: FIRST}, before, set(before))
    assert ids.of(NETWORK, [OTHER, ONE, ONE], [False, False, True]) == [second, FIRST, again]
    # turns asked again come first this time, or alone: they are what they were
    assert ids.of(NETWORK, [ONE, ONE], [True, False]) == [again, FIRST]
    assert ids.of(NETWORK, [ONE], [True]) == [again]


@given(st.lists(st.sampled_from([False, False, False, True]), max_size=4), st.booleans())
def test_no_two_candidates_share_an_id(replayed: list[bool], continues: bool) -> None:
    replayed = [again and turn == replayed.index(True) for turn, again in enumerate(replayed)]
    groups = [[f"{turn}-{k}" for k in range(10)] for turn in range(len(replayed))]
    before = known(**{further(NETWORK, 2): groups[0], further(NETWORK, 0): groups[-1]}) if continues and groups else {}
    found = CandidateIds({NETWORK: FIRST}, before, set(before)).of(NETWORK, groups, replayed)
    assert len(set(found)) == len(found)
    assert all(name.startswith("C") and len(name) == 13 for name in found)
