"""What goes with an object that is taken back alone, and what stays."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from stillwatch.ledger.retraction import going_with, retraction, revoked, version_of, without
from tests.ledger.made import DAY, NOW, indicator

KINDS = ("indicator", "identity", "location", "threat-actor", "report", "relationship")


def made(kind: str, name: str, **said: Any) -> dict[str, Any]:
    return {**indicator(name), "type": kind, "id": f"{kind}--{name}", **said}


def tie(name: str, source: str, target: str) -> dict[str, Any]:
    return made("relationship", name, source_ref=source, target_ref=target)


def test_a_revocation_is_later_even_where_a_clock_went_back() -> None:
    one = indicator()
    for at in (NOW - DAY, NOW, NOW + DAY):
        assert version_of(revoked(one, at)) > version_of(one)


def test_a_place_stays_while_somebody_else_is_there() -> None:
    place, one, two = made("location", "p"), made("identity", "1"), made("identity", "2")
    first, second = tie("a", one["id"], place["id"]), tie("b", two["id"], place["id"])
    assert going_with([place, one, two, first, second], {one["id"]}) == {one["id"], first["id"]}
    assert going_with([place, one, first], {one["id"]}) == {one["id"], first["id"], place["id"]}


def test_a_list_names_what_is_left_or_goes() -> None:
    one, two = made("identity", "1"), made("identity", "2")
    both, alone = (made("report", n, object_refs=[x["id"] for x in of]) for n, of in (("b", (one, two)), ("a", (one,))))
    found = {each["id"]: each for each in retraction([one, two, both, alone], {one["id"]}, NOW)}
    assert set(found) == {one["id"], both["id"], alone["id"]}
    assert found[both["id"]]["object_refs"] == [two["id"]]
    assert "revoked" not in found[both["id"]]
    assert found[alone["id"]]["revoked"] is True


@st.composite
def bundles(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Objects of every kind, tied to and named by one another in any way."""
    things = [made(draw(st.sampled_from(KINDS[:4])), str(n)) for n in range(draw(st.integers(1, 6)))]
    ids = st.sampled_from([one["id"] for one in things])
    ties = [tie(f"t{n}", draw(ids), draw(ids)) for n in range(draw(st.integers(0, 6)))]
    lists = [made("report", f"r{n}", object_refs=draw(st.lists(ids, min_size=1, unique=True))) for n in range(2)]
    return [*things, *ties, *lists]


@given(bundles(), st.data())
def test_what_is_left_names_nothing_that_is_gone(objects: list[dict[str, Any]], data: st.DataObject) -> None:
    asked = data.draw(st.sets(st.sampled_from([one["id"] for one in objects])))
    gone = going_with(objects, asked)
    assert asked <= gone
    assert going_with(objects, gone) == gone
    for one in without(objects, gone):
        refs = {one["id"], one.get("source_ref"), one.get("target_ref"), *one.get("object_refs", ())}
        assert not refs & gone
        assert one.get("object_refs") != []
