"""What may leave, written as STIX 2.1: the essentials in standard objects, the rest in one extension of our own.

The objects are plain dictionaries, in an order in which nothing refers to what comes later but the report and the note.
The same campaign, sender and time give the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from stillwatch.ledger.records import ENTITY_ROLES, RUNGS
from stillwatch.records.identifiers import MAKERS, stamp, stix_id
from stillwatch.records.indicators import ADDRESS, DEVICE, FINGERPRINT, SUBNET, USER_AGENT
from stillwatch.records.markings import marking_id, marking_object
from stillwatch.share.allowed import Indicator, SharedCampaign, SharedEntity, SharedNetwork, SharedSighting
from stillwatch.share.atlas import Technique, attack_pattern, techniques
from stillwatch.share.patterns import pattern_of

Object = dict[str, Any]

SCHEMA = "docs/sharing/stillwatch-extension-1.schema.json in the source of Stillwatch"
EXTENSION_VERSION = "1.0.0"
_MADE = "2026-01-01T00:00:00.000Z"  # one fixed time: what never changes has one version, whoever writes it

EXTENSION = stix_id("extension-definition", "Stillwatch", EXTENSION_VERSION)

VALID = {
    ADDRESS: timedelta(days=30),
    SUBNET: timedelta(days=60),
    FINGERPRINT: timedelta(days=90),
    USER_AGENT: timedelta(days=90),
    DEVICE: timedelta(days=180),
}
"""How long after a campaign was last seen a value speaks of it: addresses change hands within weeks."""

_NAMES = {
    ADDRESS: "Address",
    SUBNET: "Address range",
    FINGERPRINT: "Client fingerprint",
    USER_AGENT: "User agent",
    DEVICE: "Device id",
}
_MADE_OF_IT = "People judged what it was seen in; the opinion is of the indicator here, and of nobody who uses it."
_TOLD_OF = ("attack-pattern", "campaign", "infrastructure", "identity", "threat-actor", "location")
"""What the report is about."""
_CONFIDENCE = {"low": 15, "moderate": 50, "high": 85}
"""A person's degree of confidence as STIX's scale of low, medium and high has it (appendix A)."""
_SERVES_STRANGERS = ("relay", "reseller", "shared_access")

ANTITRUST = (
    "Kind of information: technical indicators of abuse, counts in bands, capability names, times in whole hours. "
    "It holds no price, no term of business, no volume of business, no customer, no prompt and nothing of a model's "
    "design, and asks for no commercial conduct in return."
)
"""The note that stands with everything that is told."""


@dataclass(frozen=True, slots=True)
class Sender:
    """Who tells it, under which marking, and when (UTC)."""

    name: str
    marking: str
    at: datetime

    @property
    def identity(self) -> str:
        """The id of the sender's identity."""
        return stix_id("identity", "provider", self.name)


def objects_of(campaign: SharedCampaign, sender: Sender, profile: str) -> list[Object]:
    """The objects that tell of a campaign; `campaign` is already as the profile has it."""
    used = techniques([one.kind for one in campaign.networks])
    own = list(_campaign(campaign, sender, used))
    told = [*(attack_pattern(one) for one in used), *own]
    # what a value indicates, its own relationship says: a list of all of them would be one object of megabytes
    refs = [one["id"] for one in told if one["type"] in _TOLD_OF]
    return [
        *_frame(sender),
        *told,
        _note(campaign, sender, refs),
        _report(campaign, sender, refs, profile),
    ]


def answers_of(sightings: Sequence[SharedSighting], sender: Sender) -> list[Object]:
    """The objects that tell a partner which of its indicators were seen here, and what people made of them."""
    told: list[Object] = []
    for one in sightings:
        seen = {
            **_made("sighting", (one.object_id,), sender),
            "description": "Accounts of one hand share it here. In what it was seen is not stated.",
            "sighting_of_ref": one.object_id,
            "where_sighted_refs": [sender.identity],
            "first_seen": stamp(one.since),
            "summary": True,
        }
        told.append(seen)
        if one.opinion is not None:
            said = {"opinion": one.opinion, "object_refs": [one.object_id]}
            told.append({**_made("opinion", (one.object_id,), sender), "explanation": _MADE_OF_IT, **said})
    note = {
        **_made("note", ("answers", "antitrust"), sender),
        "abstract": "What kind of information this is",
        "content": ANTITRUST,
        "object_refs": [sender.identity],
    }
    return [*_frame(sender), *told, note]


def bundle(objects: Sequence[Object]) -> Object:
    """The objects as a bundle, whose id follows from theirs."""
    versions = (f"{one['id']} {one.get('modified', one['created'])}" for one in objects)
    return {"type": "bundle", "id": stix_id("bundle", *versions), "objects": list(objects)}


def _frame(sender: Sender) -> Iterator[Object]:
    """What the other objects refer to."""
    yield {
        "type": "identity",
        "spec_version": "2.1",
        "id": MAKERS,
        "created": _MADE,
        "modified": _MADE,
        "name": "Stillwatch",
        "description": "The makers of the extension.",
        "identity_class": "organization",
    }
    yield {
        "type": "identity",
        "spec_version": "2.1",
        "id": sender.identity,
        "created": _MADE,
        "modified": _MADE,
        "name": sender.name,
        "identity_class": "organization",
    }
    yield marking_object(sender.marking)
    yield {
        "type": "extension-definition",
        "spec_version": "2.1",
        "id": EXTENSION,
        "created_by_ref": MAKERS,
        "created": _MADE,
        "modified": _MADE,
        "name": "Stillwatch extraction campaigns",
        "description": "Sizes in bands, targeted capabilities and kinds of networks of model extraction campaigns.",
        "schema": SCHEMA,
        "version": EXTENSION_VERSION,
        "extension_types": ["property-extension"],
    }


def _made(kind: str, key: Sequence[str], sender: Sender) -> Object:
    return {
        "type": kind,
        "spec_version": "2.1",
        "id": stix_id(kind, sender.name, *key),
        "created_by_ref": sender.identity,
        "created": stamp(sender.at),
        "modified": stamp(sender.at),
        "object_marking_refs": [marking_id(sender.marking)],
    }


def _related(source: Object, kind: str, target: str, sender: Sender) -> Object:
    made = _made("relationship", (source["id"], kind, target), sender)
    return {**made, "relationship_type": kind, "source_ref": source["id"], "target_ref": target}


def _extended(**stated: object) -> Object:
    known = {name: value for name, value in stated.items() if value is not None}
    return {EXTENSION: {"extension_type": "property-extension", **known}}


def _campaign(campaign: SharedCampaign, sender: Sender, used: Sequence[Technique]) -> Iterator[Object]:
    found = {
        **_made("campaign", (campaign.key,), sender),
        "name": f"Model extraction since {campaign.first_seen:%Y-%m-%d}",
        "description": _described(campaign),
        "first_seen": stamp(campaign.first_seen),
        "last_seen": stamp(campaign.last_seen),
        "objective": "Copies capabilities of a model: " + (_listed(campaign.capabilities) or "not known"),
        "confidence": campaign.confidence,
        "extensions": _extended(
            accounts=campaign.accounts.words,
            exchanges=campaign.exchanges.words,
            conversations=campaign.conversations and campaign.conversations.words,
            tokens=campaign.tokens and campaign.tokens.words,
            capabilities=list(campaign.capabilities) or None,
        ),
    }
    yield found
    for one in used:
        yield _related(found, "uses", one.stix_id, sender)
    for network in campaign.networks:
        yield from _network(network, campaign, found, sender)
    for entity in campaign.entities:
        yield from _entity(entity, campaign, found, sender)


def _described(campaign: SharedCampaign) -> str:
    said = [f"{campaign.accounts.words} accounts", f"{campaign.exchanges.words} exchanges"]
    if campaign.conversations is not None:
        said.append(f"{campaign.conversations.words} conversations")
    if campaign.tokens is not None:
        said.append(f"{campaign.tokens.words} tokens")
    behind = "stated as far as a person has attributed it" if campaign.entities else "not stated"
    return f"Indicators consistent with one extraction effort: {', '.join(said)}. Who is behind it is {behind}."


def _network(network: SharedNetwork, campaign: SharedCampaign, told: Object, sender: Sender) -> Iterator[Object]:
    strangers = network.kind in _SERVES_STRANGERS
    found = {
        **_made("infrastructure", (campaign.key, network.key), sender),
        "name": f"Network of accounts ({network.kind.replace('_', ' ')})",
        "description": "Its other customers may be innocent." if strangers else "Accounts that one hand runs.",
        "infrastructure_types": ["anonymization" if strangers else "undefined"],
        "first_seen": stamp(campaign.first_seen),
        "last_seen": stamp(campaign.last_seen),
        "confidence": campaign.confidence,
        "extensions": _extended(network_kind=network.kind),
    }
    yield found
    yield _related(told, "uses", found["id"], sender)
    for one in network.indicators:
        indicator = _indicator(one, campaign, strangers, sender)
        yield indicator
        yield _related(indicator, "indicates", told["id"], sender)


def _entity(one: SharedEntity, campaign: SharedCampaign, told: Object, sender: Sender) -> Iterator[Object]:
    """Whom a person has attributed, where that is, and how it is tied to the campaign or to its networks."""
    held = f"As a person has attributed it, it {RUNGS[one.rung]} and {ENTITY_ROLES[one.role]}"
    said = f"{held}. Likelihood: {one.likelihood}. Confidence: {one.confidence}."
    about = {"description": said, "confidence": _CONFIDENCE.get(one.confidence, 15)}
    identity = {
        **_made("identity", (campaign.key, "entity", one.name), sender),
        **about,
        "name": one.name,
        "identity_class": one.sort,
        "roles": [one.role],
        "extensions": _extended(rung=one.rung, likelihood=one.likelihood, role=one.role),
    }
    yield identity
    for text in one.places:
        country, _, name = text.partition(": ")
        place = {**_made("location", (campaign.key, text), sender), "name": name or country, "country": country}
        yield place
        yield {**_related(identity, "located-at", place["id"], sender), **about}
    if one.role == "extractor":
        actor = {
            **_made("threat-actor", (campaign.key, one.name), sender),
            **about,
            "name": one.name,
            "threat_actor_types": ["unknown"],
        }
        yield actor
        yield {**_related(told, "attributed-to", actor["id"], sender), **about}
        yield {**_related(actor, "attributed-to", identity["id"], sender), **about}
    else:
        yield {**_related(identity, "related-to", told["id"], sender), **about}
    for network in one.networks:
        target = stix_id("infrastructure", sender.name, campaign.key, network)
        yield {**_related(identity, "related-to", target, sender), **about}


def _indicator(one: Indicator, campaign: SharedCampaign, strangers: bool, sender: Sender) -> Object:
    shared = "which strangers may use as well" if strangers else "which accounts of one hand share"
    return {
        **_made("indicator", (campaign.key, one.claim, one.value), sender),
        "name": f"{_NAMES[one.claim]} {one.value}",
        "description": f"{_NAMES[one.claim]} of an extraction campaign, {shared}. No reason to act by itself.",
        "indicator_types": ["anonymization" if strangers else "anomalous-activity"],
        "pattern": pattern_of(one.claim, one.value),
        "pattern_type": "stix",
        "valid_from": stamp(campaign.first_seen),
        "valid_until": stamp(campaign.last_seen + VALID[one.claim]),
        "confidence": campaign.confidence,
    }


def _note(campaign: SharedCampaign, sender: Sender, refs: Sequence[str]) -> Object:
    return {
        **_made("note", (campaign.key, "antitrust"), sender),
        "abstract": "What kind of information this is",
        "content": ANTITRUST,
        "object_refs": list(refs),
    }


def _report(campaign: SharedCampaign, sender: Sender, refs: Sequence[str], profile: str) -> Object:
    return {
        **_made("report", (campaign.key, profile), sender),
        "name": f"Extraction campaign since {campaign.first_seen:%Y-%m-%d}, for a {profile}",
        "description": _described(campaign),
        "report_types": ["campaign"],
        "published": stamp(sender.at),
        "object_refs": list(refs),
        "extensions": _extended(profile=profile),
    }


def _listed(names: Sequence[str]) -> str:
    return ", ".join(name.replace("_", " ") for name in names)
