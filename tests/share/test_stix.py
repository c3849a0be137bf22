"""The bundle is STIX 2.1 by two libraries of OASIS, says the same bytes again, and keeps its essentials standard."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import jsonschema
import pytest
import stix2
from stix2validator import ValidationOptions, validate_string

from stillwatch.ledger.retraction import revoked
from stillwatch.records.markings import TLP, marking_id, marking_object, marking_of
from stillwatch.share.patterns import pattern_of, value_in
from stillwatch.share.preview import objects_for, summary
from stillwatch.share.stix import EXTENSION, Object, Sender, bundle
from tests.share.runs import CAMPAIGN, NOW, TOLD, written

SCHEMA = Path(__file__).parents[2] / "docs" / "sharing" / "stillwatch-extension-1.schema.json"
WITHOUT = ["103"]
"""Check 103 asks for random ids (UUIDs of version 4). STIX only recommends them; ours follow from what they name."""


@pytest.fixture(scope="module")
def objects(tmp_path_factory: pytest.TempPathFactory) -> list[Object]:
    run = written(tmp_path_factory.mktemp("run"))
    return objects_for(run, CAMPAIGN, Sender("A provider", "amber+strict", NOW), "partner")


@pytest.mark.parametrize("profile", ["partner", "government"])
@pytest.mark.parametrize("tlp", TLP)
def test_the_validator_finds_nothing(tmp_path: Path, profile: str, tlp: str) -> None:
    found = objects_for(written(tmp_path), CAMPAIGN, Sender("A provider", tlp, NOW), profile)
    for each in (found, [revoked(one, NOW + timedelta(days=1)) for one in found if "modified" in one]):
        options = ValidationOptions(version="2.1", strict=True, disabled=WITHOUT, enforce_refs=each is found)
        result = validate_string(json.dumps(bundle(each)), options)
        assert [str(one) for one in result.errors + result.warnings] == []
        assert result.is_valid


def test_the_library_reads_it_strictly(objects: list[Object]) -> None:
    found = stix2.parse(json.dumps(bundle(objects)), allow_custom=False, version="2.1")
    assert len(found.objects) == len(objects)


def test_the_extension_is_as_its_schema_says(objects: list[Object]) -> None:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    ours = [one["extensions"][EXTENSION] for one in objects if EXTENSION in one.get("extensions", {})]
    assert len(ours) == 3
    for one in ours:
        jsonschema.validate(one, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"extension_type": "property-extension", "accounts": "417"}, schema)


def test_the_essentials_stand_without_the_extension(objects: list[Object]) -> None:
    campaign = next(one for one in objects if one["type"] == "campaign")
    plain = {name: text for name, text in campaign.items() if name != "extensions"}
    said = json.dumps(plain)
    for word in ("100 to 999 accounts", "10,000 to 99,999 exchanges", "software engineering", "2026-06-01T12:00"):
        assert word in said


def test_the_same_campaign_says_the_same_bytes(tmp_path: Path, objects: list[Object]) -> None:
    again = objects_for(written(tmp_path), CAMPAIGN, Sender("A provider", "amber+strict", NOW), "partner")
    assert json.dumps(bundle(again)) == json.dumps(bundle(objects))
    later = objects_for(tmp_path, CAMPAIGN, Sender("A provider", "amber+strict", NOW + timedelta(days=1)), "partner")
    assert [one["id"] for one in later] == [one["id"] for one in objects]
    other = objects_for(tmp_path, CAMPAIGN, Sender("Another", "amber+strict", NOW), "partner")
    mine = {one["id"] for one in objects if one["type"] in ("campaign", "indicator")}
    assert mine.isdisjoint(one["id"] for one in other)


def test_everything_told_is_marked_and_every_indicator_ends(objects: list[Object]) -> None:
    own = [one for one in objects if one.get("created_by_ref") and one["type"] != "extension-definition"]
    assert {marking_of(one["object_marking_refs"]) for one in own} == {"amber+strict"}
    ends = {one["pattern"]: one["valid_until"] for one in objects if one["type"] == "indicator"}
    assert ends[pattern_of("same_address", "203.0.113.7")] == "2026-07-01T12:00:00.000Z"
    assert len(ends) == len(TOLD)


def test_techniques_name_their_release(objects: list[Object]) -> None:
    found = {
        one["external_references"][0]["external_id"]: one["external_references"][0]["description"]
        for one in objects
        if one["type"] == "attack-pattern"
    }
    assert found == dict.fromkeys(("AML.T0024.002", "AML.T0040", "AML.T0008.005"), "MITRE ATLAS 5.6.0")


@pytest.mark.parametrize(("claim", "value"), [*TOLD.items(), ("same_address", "2001:db8::7")])
def test_a_pattern_says_its_value(claim: str, value: str) -> None:
    assert value_in(pattern_of(claim, value)) == (claim, value)


@pytest.mark.parametrize(
    "pattern",
    [
        None,
        7,
        "",
        "[ipv4-addr:value = '10.0.0.1']",
        "[ipv4-addr:value ISSUBSET '0.0.0.0/0']",
        "[ipv4-addr:value ISSUBSET '203.0.0.0/8']",
        "[ipv4-addr:value = '203.0.113.7'] AND [ipv4-addr:value = '203.0.113.8']",
        "[email-addr:value = 'bo@firm.example']",
        "[x-stillwatch-client:device_id = '" + "\\'" * 300 + "']",
    ],
)
def test_another_pattern_says_nothing(pattern: object) -> None:
    assert value_in(pattern) is None


def test_markings_are_those_of_oasis() -> None:
    assert marking_object("amber+strict")["name"] == "TLP:AMBER+STRICT"
    assert marking_of([marking_id("green"), marking_id("red")]) == "red"
    assert marking_of(["marking-definition--0"]) is None
    assert marking_of("no list") is None


def test_the_summary_names_every_value(objects: list[Object]) -> None:
    said = "\n".join(summary(objects, "amber+strict"))
    assert [text for text in TOLD.values() if text not in said] == []
    assert "no customer" in said
