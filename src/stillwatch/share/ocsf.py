"""A campaign as a Detection Finding of OCSF 1.8, for a provider's own monitoring: what may leave, and no more."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from stillwatch import __version__
from stillwatch.records.identifiers import stix_id
from stillwatch.records.indicators import ADDRESS, DEVICE, FINGERPRINT, SUBNET, USER_AGENT
from stillwatch.share.allowed import Indicator, SharedCampaign
from stillwatch.share.atlas import VERSION, techniques

SCHEMA = "1.8.0"
FINDINGS, DETECTION_FINDING, CREATE = 2, 2004, 1
HIGH, NEW = 4, 1

_OBSERVABLES = {
    ADDRESS: (2, "IP Address"),
    SUBNET: (12, "Subnet"),
    USER_AGENT: (16, "HTTP User-Agent"),
    FINGERPRINT: (99, "Client fingerprint"),
    DEVICE: (99, "Device id"),
}
"""By claim: type and name of the observable."""


def finding(campaign: SharedCampaign, provider: str, at: datetime) -> dict[str, Any]:
    """The event; `at` (UTC) is when it is written."""
    indicators = list(dict.fromkeys(one for network in campaign.networks for one in network.indicators))
    used = techniques([network.kind for network in campaign.networks])
    return {
        "activity_id": CREATE,
        "category_uid": FINDINGS,
        "class_uid": DETECTION_FINDING,
        "type_uid": DETECTION_FINDING * 100 + CREATE,
        "severity_id": HIGH,
        "status_id": NEW,
        "is_alert": True,
        "time": _milliseconds(at),
        "confidence_score": campaign.confidence,
        "message": f"Indicators consistent with model extraction by {campaign.accounts.words} accounts",
        "metadata": {
            "version": SCHEMA,
            "product": {"name": "Stillwatch", "vendor_name": "Stillwatch", "version": __version__},
        },
        "finding_info": {
            "uid": stix_id("campaign", provider, campaign.key),
            "title": f"Model extraction since {campaign.first_seen:%Y-%m-%d}",
            "types": ["model extraction", *campaign.capabilities],
            "first_seen_time": _milliseconds(campaign.first_seen),
            "last_seen_time": _milliseconds(campaign.last_seen),
            "attacks": [
                {
                    "version": f"ATLAS {VERSION}",
                    "tactic": {"name": one.tactic},
                    "technique": {"uid": one.number, "name": one.name},
                }
                for one in used
            ],
        },
        "evidences": [{"name": one.claim, "data": {"value": one.value}} for one in indicators],
        "observables": [_observable(place, one) for place, one in enumerate(indicators)],
        "unmapped": {
            "exchanges": campaign.exchanges.words,
            "accounts": campaign.accounts.words,
            "network_kinds": sorted({one.kind for one in campaign.networks}),
        },
    }


def _observable(place: int, one: Indicator) -> dict[str, Any]:
    type_id, name = _OBSERVABLES[one.claim]
    return {"name": f"evidences[{place}].data.value", "type_id": type_id, "type": name, "value": one.value}


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1_000)
