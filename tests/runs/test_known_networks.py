"""An earlier network is recognised where most accounts of a network of this run share what it did."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa

from stillwatch.records.known_networks import PREVIOUS_PROFILES
from stillwatch.runs.known_networks import KnownNetworks, fresh, profile_rows, recognised, with_accounts
from stillwatch.runs.lineage import Known, inherit

AT = datetime(2026, 5, 1)


def accounts(first: int, last: int) -> frozenset[str]:
    return frozenset(f"a{number:03}" for number in range(first, last))


def test_most_of_a_network_must_share_what_the_earlier_one_did() -> None:
    found = {"N1": accounts(0, 8)}
    assert recognised(found, [accounts(0, 10)]) == {"N1": accounts(0, 8)}
    assert recognised(found, [accounts(0, 17)]) == {}
    assert recognised({"N1": accounts(0, 1)}, [accounts(0, 1)]) == {}, "one account passes no id on"
    assert recognised(found, [accounts(0, 4), accounts(7, 20)]) == {"N1": accounts(0, 4)}


def test_a_recognised_network_gets_its_old_id() -> None:
    known = {"N1": Known("N1", AT, accounts(50, 90), silent=True)}
    groups = [accounts(0, 10), accounts(20, 30)]
    more = with_accounts(known, recognised({"N1": accounts(0, 8)}, groups))
    assert inherit(more, groups, ["Nfresh", "Nother"], ["N1"]) == ["N1", "Nother"]
    assert inherit(known, groups, ["Nfresh", "Nother"], ["N1"]) == ["Nfresh", "Nother"]


def test_a_network_is_known_for_so_many_days() -> None:
    row = {"read_until": AT}
    assert fresh(row, AT + timedelta(days=10), 10)
    assert not fresh(row, AT + timedelta(days=10, seconds=1), 10)
    assert not fresh(row, AT, 0)


def test_of_two_profiles_of_a_network_the_remembered_one_is_taken() -> None:
    def value(network: str, keyed: int, remembered: bool) -> dict[str, Any]:
        numbers = {"keyed": keyed, "accounts": 3, "usage": 0.5, "rate": 0.01}
        return {"network_id": network, "claim": "same_address", "held_since": AT, "remembered": remembered, **numbers}

    rows = [value("N1", 1, False), value("N1", 2, True), value("N2", 3, False)]
    profiles = pa.Table.from_pylist(rows, schema=PREVIOUS_PROFILES.schema)
    known = KnownNetworks(profiles, {"N1": {"remembered": True}, "N2": {"remembered": False}})
    assert profile_rows(known, {"N1", "N2"})["keyed"].to_pylist() == [2, 3]
    assert profile_rows(known, set()).num_rows == 0
