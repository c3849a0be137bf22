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

from stillwatch.ledger import Attribution, opened
from stillwatch.share.allowed import SharedEntity
from stillwatch.share.preview import objects_for, summary
from stillwatch.share.sharing import Partner, Provider, Sharing
from stillwatch.share.stix import EXTENSION, Object, Sender, bundle
from stillwatch.share.tell import tell
from tests.share.runs import CAMPAIGN, NETWORK, NOW, written
from tests.share.test_stix import SCHEMA, WITHOUT

SENDER = Sender("A provider", "amber", NOW)
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
    authority = Partner(name="authority", profile="government", legal_basis="a notice", approval="never")
    sharing = Sharing(provider=Provider(name="A provider"), partner=(authority,))
    with opened(tmp_path / "state") as ledger:
        ledger.attributions.add(sheet())
        share = tell(run, CAMPAIGN, authority, sharing, ledger, "Bo", NOW)
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
