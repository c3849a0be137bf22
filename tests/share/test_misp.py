"""Events of MISP: read by pymisp, held to what a share says, and taken in from partners who may send anything."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymisp import MISPEvent

from stillwatch.errors import InputError
from stillwatch.ledger import opened
from stillwatch.share.intake import indicators
from stillwatch.share.misp import CLAIM, event, objects_in, read
from stillwatch.share.patterns import value_in
from stillwatch.share.preview import objects_for
from stillwatch.share.sharing import Partner
from stillwatch.share.stix import Sender
from stillwatch.share.tell import take
from tests.share.runs import CAMPAIGN, TOLD, written

AT = datetime(2026, 6, 20, 8, tzinfo=UTC)


@pytest.fixture
def told(tmp_path: Path) -> list[dict[str, Any]]:
    return objects_for(written(tmp_path / "run"), CAMPAIGN, Sender("Alpha", "amber", AT), "partner")


def loaded(said: dict[str, Any]) -> MISPEvent:
    found = MISPEvent()
    found.load(json.dumps(said))
    return found


def attribute(value: str = "203.0.113.7", **said: Any) -> dict[str, Any]:
    stated = {"type": "ip-src", "uuid": "0f3a5b1e-0000-4000-8000-000000000001", "timestamp": str(int(AT.timestamp()))}
    return {**stated, "value": value, **said}


def sent(*attributes: Any, **said: Any) -> bytes:
    return json.dumps({"Event": {"info": "x", "Attribute": list(attributes), **said}}).encode()


def values(objects: list[dict[str, Any]]) -> list[tuple[str, str] | None]:
    return [value_in(one["pattern"]) for one in objects]


def test_pymisp_reads_the_event_and_finds_every_value(told: list[dict[str, Any]]) -> None:
    found = loaded(event(told))
    assert (found.date.isoformat(), [one.name for one in found.tags]) == ("2026-06-20", ["tlp:amber"])
    assert found.orgc.name == "Alpha"
    told_values = {one.value for one in found.attributes if one.tags}
    assert told_values == {value_in(one["pattern"])[1] for one in told if one["type"] == "indicator"}
    assert not any(one.to_ids for one in found.attributes)
    assert {text for text in TOLD.values() if text in told_values} == told_values


def test_what_goes_out_comes_in_as_it_was(told: list[dict[str, Any]]) -> None:
    taken = objects_in(json.dumps(event(told)).encode(), "alpha")
    sent_out = [one for one in told if one["type"] == "indicator"]
    for name in ("pattern", "valid_from", "valid_until"):
        assert [one[name] for one in taken] == [one[name] for one in sent_out]
    through = objects_in(loaded(event(told)).to_json().encode(), "alpha")
    assert values(through) == values(taken)


def test_a_partners_values_are_weighed_and_taken_back(tmp_path: Path, told: list[dict[str, Any]]) -> None:
    partner = Partner(name="alpha", legal_basis="an agreement")
    said = event(told)
    with opened(tmp_path) as ledger:
        take(partner, objects_in(json.dumps(said).encode(), "alpha"), ledger, AT)
        assert indicators(ledger, AT).num_rows == sum(1 for one in told if one["type"] == "indicator")
        later = AT + timedelta(hours=1)
        for one in said["Event"]["Attribute"]:
            one.update(deleted=True, timestamp=str(int(later.timestamp())))
        take(partner, objects_in(json.dumps(said).encode(), "alpha"), ledger, later)
        assert indicators(ledger, later).num_rows == 0


@pytest.mark.parametrize(
    ("one", "found"),
    [
        (attribute(), [("same_address", "203.0.113.7")]),
        (attribute("203.0.113.0/24"), [("same_subnet", "203.0.113.0/24")]),
        (attribute("acme-cli/3", type="user-agent"), [("same_user_agent", "acme-cli/3")]),
        (attribute("device-77", type="text", Tag=[{"name": f'{CLAIM}="same_device"'}]), [("same_device", "device-77")]),
        (attribute("device-77", type="text"), []),
        (attribute("10.0.0.1"), []),
        (attribute("0.0.0.0/0"), []),
        (attribute("a@b.example", type="email-src"), []),
        (attribute(Tag=[{"name": f'{CLAIM}="same_payment"'}]), []),
        (attribute(uuid="no uuid"), []),
        (attribute(timestamp="soon"), []),
        (attribute(timestamp="9" * 40), []),
        (attribute(7), []),
        ([attribute()], []),
    ],
)
def test_only_technical_values_are_taken(one: Any, found: list[tuple[str, str]]) -> None:
    assert values(objects_in(sent(one), "beta")) == found
    assert values(objects_in(sent(Object=[{"Attribute": [one]}, 7], Tag=7), "beta")) == found


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"", "no JSON"),
        (b"[" * 100_000, "no JSON"),
        (b"\xff\xfe{}", "no JSON"),
        (b"[]", "no event"),
        (b'{"response": []}', "no event"),
        (b'{"Event": {"info": 7}}', "no event"),
    ],
)
def test_what_is_no_event_is_refused(text: bytes, said: str) -> None:
    with pytest.raises(InputError, match=said):
        objects_in(text, "beta")


def test_too_much_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("stillwatch.share.misp.MOST_ATTRIBUTES", 2)
    with pytest.raises(InputError, match="more than 2 attributes"):
        objects_in(sent(attribute(), attribute(), attribute()), "beta")
    monkeypatch.setattr("stillwatch.share.misp.MOST_BYTES", 20)
    (tmp_path / "event.json").write_bytes(sent(attribute()))
    with pytest.raises(InputError, match="larger than 20 bytes"):
        read(tmp_path / "event.json", "beta")
    with pytest.raises(InputError, match="cannot be read"):
        read(tmp_path / "nowhere.json", "beta")


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=5), inside, max_size=3),
    max_leaves=8,
)


@given(
    st.dictionaries(st.sampled_from(["type", "uuid", "value", "timestamp", "Tag", "first_seen", "deleted"]), ANYTHING)
)
def test_no_attribute_breaks_the_intake(said: dict[str, Any]) -> None:
    for one in objects_in(sent({**attribute(), **said}), "beta"):
        assert value_in(one["pattern"]) is not None
