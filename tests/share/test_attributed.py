"""What people attributed reaches authorities alone, as far as it stands, in standard objects."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from stix2validator import ValidationOptions, validate_string

from stillwatch.errors import UsageError
from stillwatch.ledger import Attribution, opened
from stillwatch.ledger.exchanged import Wanted
from stillwatch.share.allowed import SharedEntity
from stillwatch.share.preview import objects_for, summary
from stillwatch.share.sharing import Partner, Provider, Sharing
from stillwatch.share.stix import EXTENSION, Object, Sender, bundle
from stillwatch.share.tell import tell
from tests.share.runs import CAMPAIGN, NETWORK, NOW, tables, written
from tests.share.test_stix import SCHEMA, WITHOUT

SENDER = Sender("A provider", "amber", NOW)
AUTHORITY = Partner(name="authority", profile="government", legal_basis="a notice", approval="never")
SHARING = Sharing(provider=Provider(name="A provider"), partner=(AUTHORITY,))
FACTS = ("invoice", "card", "filing", "letter")


def row(kind: Any, minute: int = 0, **said: str) -> Attribution:
    return Attribution(CAMPAIGN, kind, "Bo", NOW + timedelta(minutes=minute), **said)


def sheet(
    rung: str = "affiliated_with", role: str = "proxy_provider", facts: Sequence[str] = FACTS
) -> list[Attribution]:
    """A worksheet that attributes one entity, with facts from outside the log that tell two hypotheses apart."""
    said = {"likelihood": "likely", "confidence": "moderate", "turns_over": "a forgery", "text": "REASON-4716"}
    rows = [
        row("hypothesis", hypothesis="one", text="HYPOTHESIS-4717"),
        row("hypothesis", hypothesis="many", text="many"),
    ]
    for name in facts:
        rows += [
            row("item", item=name, value="court file", text=f"FACT-4718 {name}"),
            row("rating", item=name, hypothesis="one", value="C"),
            row("rating", item=name, hypothesis="many", value="I"),
        ]
    return [
        *rows,
        row("entity", 1, item="Relay <b>Ltd</b>", value=role, text="organization"),
        row("attributed", 1, item="Relay <b>Ltd</b>", hypothesis="one", value=rung, **said),
        row("places", 1, item="Relay <b>Ltd</b>", text="NL; NL: Amsterdam"),
        row("networks", 1, item="Relay <b>Ltd</b>", text=f"{NETWORK}; N0another"),
    ]


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return written(tmp_path)


def of(objects: Sequence[Object], kind: str) -> list[Object]:
    return [one for one in objects if one["type"] == kind]


def named(objects: Sequence[Object]) -> bool:
    return "Relay" in json.dumps(objects)


@pytest.mark.parametrize("role", ["extractor", "proxy_provider"])
def test_an_authority_reads_identity_places_and_what_ties_them(run: Path, role: str) -> None:
    objects = objects_for(run, CAMPAIGN, SENDER, "government", sheet("is", role))
    options = ValidationOptions(version="2.1", strict=True, disabled=WITHOUT)
    result = validate_string(json.dumps(bundle(objects)), options)
    assert [str(one) for one in result.errors + result.warnings] == []
    identity = next(one for one in of(objects, "identity") if "extensions" in one)
    jsonschema.validate(identity["extensions"][EXTENSION], json.loads(SCHEMA.read_text(encoding="utf-8")))
    assert (identity["name"], identity["identity_class"], identity["confidence"]) == (
        "Relay <b>Ltd</b>",
        "organization",
        50,
    )
    assert "it is a named actor and" in identity["description"]
    assert [(one["country"], one["name"]) for one in of(objects, "location")] == [("NL", "NL"), ("NL", "Amsterdam")]
    ties = {
        (one["relationship_type"], one["source_ref"].split("--")[0], one["target_ref"].split("--")[0])
        for one in of(objects, "relationship")
    }
    assert ("located-at", "identity", "location") in ties
    assert ("related-to", "identity", "infrastructure") in ties
    assert (("attributed-to", "campaign", "threat-actor") in ties) is (role == "extractor")
    assert (("related-to", "identity", "campaign") in ties) is (role != "extractor")
    networks = [
        one
        for one in of(objects, "relationship")
        if one["target_ref"].startswith("infrastructure") and one["relationship_type"] == "related-to"
    ]
    assert len(networks) == 1  # the other network is not of this campaign
    assert "stated as far as a person has attributed it" in of(objects, "campaign")[0]["description"]
    assert identity["id"] in of(objects, "report")[0]["object_refs"]
    lines = "\n".join(summary(objects, "amber"))
    assert "Relay <b>Ltd</b>: As a person has attributed it" in lines and "  NL, Amsterdam" in lines


def test_hypotheses_facts_and_reasons_stay(run: Path) -> None:
    said = json.dumps(objects_for(run, CAMPAIGN, SENDER, "government", sheet()))
    assert "Relay" in said
    for word in ("4716", "4717", "4718", "court file", "Bo"):
        assert word not in said.replace("Body", "")


def test_a_partner_is_never_told_who(run: Path) -> None:
    assert objects_for(run, CAMPAIGN, SENDER, "partner", sheet()) == objects_for(run, CAMPAIGN, SENDER, "partner")


@pytest.mark.parametrize(
    "entered",
    [
        [],
        sheet()[:-3],  # named, and nothing attributed
        sheet(facts=FACTS[:2]),  # the rung asks for three facts
        sheet("is", facts=FACTS[:3]),
        sheet("same_operator"),  # a rung without a name
        [*sheet(), row("withdrawn", 2, item="Relay <b>Ltd</b>")],
        [*sheet(), row("withdrawn", 2, hypothesis="one")],
    ],
    ids=["nothing", "bare", "few", "fewer", "unnamed", "taken back", "hypothesis taken back"],
)
def test_what_does_not_stand_is_told_to_nobody(run: Path, entered: list[Attribution]) -> None:
    objects = objects_for(run, CAMPAIGN, SENDER, "government", entered)
    assert not named(objects)
    assert objects == objects_for(run, CAMPAIGN, SENDER, "government")


def test_a_share_is_of_the_ledgers_worksheet(run: Path, tmp_path: Path) -> None:
    with opened(tmp_path / "state") as ledger:
        ledger.attributions.add(sheet())
        share = tell(run, CAMPAIGN, AUTHORITY, SHARING, ledger, "Bo", NOW)
        assert named(ledger.shares.objects(share.share_id))


@pytest.mark.parametrize(
    "changed",
    [
        {"sort": "individual"},
        {"role": "thief"},
        {"rung": "same_operator"},
        {"name": ""},
        {"name": "x" * 200},
        {"name": "a\u202eb"},
        {"likelihood": "99 %"},
        {"places": ("Netherlands",)},
        {"places": ("NL: a; b",)},
    ],
)
def test_what_is_no_entity_cannot_be_held(changed: dict[str, Any]) -> None:
    stated = {
        "name": "Relay Ltd",
        "sort": "organization",
        "role": "extractor",
        "rung": "is",
        "likelihood": "likely",
        "confidence": "low",
        "places": ("NL",),
        "networks": (),
    }
    SharedEntity(**stated)  # type: ignore[arg-type]
    with pytest.raises(ValueError):
        SharedEntity(**{**stated, **changed})  # type: ignore[arg-type]


@pytest.mark.parametrize("role", ["extractor", "proxy_provider"])
def test_an_entity_alone_is_taken_back_with_all_that_names_it(run: Path, tmp_path: Path, role: str) -> None:
    """Its actor, its places and its ties go, the report names it no more, and the campaign stays as it was told."""
    later = NOW + timedelta(days=1)
    with opened(tmp_path / "state") as ledger:
        ledger.attributions.add(sheet("is", role))
        share = tell(run, CAMPAIGN, AUTHORITY, SHARING, ledger, "Ana", NOW)
        before = ledger.shares.objects(share.share_id)
        entity = next(one for one in of(before, "identity") if "extensions" in one)["id"]
        note, report, campaign = (of(before, kind)[0]["id"] for kind in ("note", "report", "campaign"))
        shown = ledger.shares.taken_back(share.share_id, [entity], later)
        things = {entity, *(one["id"] for kind in ("location", "threat-actor") for one in of(before, kind))}
        ties = {one["id"] for one in of(before, "relationship") if things & {one["source_ref"], one["target_ref"]}}
        assert {one["id"] for one in shown if one.get("revoked")} == things | ties
        assert [one["id"] for one in shown if not one.get("revoked")] == [note, report]
        assert {version.status for version in ledger.shares.list()} == {"released"}, "a preview changes nothing"
        made = ledger.shares.withdraw_some(share.share_id, [entity], "Bo", later, "another firm of that name")
        assert [(one.event, one.by, one.reason) for one in made.events] == [
            ("revoked", "Bo", "another firm of that name")
        ]
        assert (made.withdraws, ledger.shares.find(share.share_id).status) == (share.share_id, "released")
        for versions in (("last",), ("first",), ("all",)):
            rows = ledger.shares.page("authority", Wanted(versions=versions, limit=1_000))
            read = [json.loads(one.body) for one in rows]
            standing = [one for one in read if not one.get("revoked")]
            assert not named(standing)
            assert campaign in {one["id"] for one in standing}
            assert entity not in {ref for one in standing for ref in one.get("object_refs", ())}
        for wrong in ([campaign], ["identity--1"], [entity], [entity, report]):
            with pytest.raises(UsageError, match="no such object"):
                ledger.shares.taken_back(share.share_id, wrong, later)


def test_what_was_taken_back_alone_does_not_return_and_the_rest_is_told_on(run: Path, tmp_path: Path) -> None:
    later = NOW + timedelta(days=1)
    with opened(tmp_path / "state") as ledger:
        ledger.attributions.add(sheet("is", "extractor"))
        share = tell(run, CAMPAIGN, AUTHORITY, SHARING, ledger, "Ana", NOW)
        entity = next(one for one in of(ledger.shares.objects(share.share_id), "identity") if "extensions" in one)
        ledger.shares.withdraw_some(share.share_id, [entity["id"]], "Bo", later, "wrong")
        # the worksheet says something new of the same entity: it was taken back, and stays so
        ledger.attributions.add([row("places", 9, item="Relay <b>Ltd</b>", text="DE")])
        with pytest.raises(UsageError, match="it was withdrawn"):
            tell(run, CAMPAIGN, AUTHORITY, SHARING, ledger, "Ana", later)
        changed = tables()
        changed["campaigns"][0]["accounts"] = 1_417
        fresh = written(tmp_path / "later", changed)
        told = ledger.shares.objects(tell(fresh, CAMPAIGN, AUTHORITY, SHARING, ledger, "Ana", later).share_id)
        assert of(told, "campaign")
        assert entity["id"] not in json.dumps(told)
