"""Techniques of MITRE ATLAS that a campaign uses, with the ids of MITRE's own STIX objects."""

from __future__ import annotations

from dataclasses import dataclass

VERSION = "5.6.0"
"""The release (30 April 2026) whose STIX file the ids and times were read from."""


@dataclass(frozen=True, slots=True)
class Technique:
    """One technique: its number, its STIX id, its name, the tactic, and the days on which MITRE made and changed it."""

    number: str
    stix_id: str
    name: str
    tactic: str
    created: str
    modified: str


EXTRACT_MODEL = Technique(
    "AML.T0024.002",
    "attack-pattern--3f567912-629a-5e0b-ab0c-0102977c2d6c",
    "Extract AI Model",
    "exfiltration",
    "2021-05-13",
    "2025-12-23",
)
INFERENCE_ACCESS = Technique(
    "AML.T0040",
    "attack-pattern--5ac1f849-523e-51bf-a1e9-1a97ab91cc91",
    "AI Model Inference API Access",
    "ai-model-access",
    "2021-05-13",
    "2025-03-12",
)
SERVICE_PROXIES = Technique(
    "AML.T0008.005",
    "attack-pattern--647ac4ac-b2bc-53f7-ab83-81f421a1f0b5",
    "AI Service Proxies",
    "resource-development",
    "2026-03-30",
    "2026-03-30",
)
ESTABLISH_ACCOUNTS = Technique(
    "AML.T0021",
    "attack-pattern--d3d7763a-58e1-5e38-84fd-3abea967cb08",
    "Establish Accounts",
    "resource-development",
    "2022-01-24",
    "2023-01-18",
)

OF_KIND = {
    "relay": (SERVICE_PROXIES,),
    "reseller": (SERVICE_PROXIES,),
    "fraud_ring": (ESTABLISH_ACCOUNTS,),
}
"""By kind of network what its accounts are; other kinds name no technique."""


def techniques(kinds: list[str]) -> tuple[Technique, ...]:
    """The techniques of a campaign that rides networks of these kinds, each once."""
    found = [EXTRACT_MODEL, INFERENCE_ACCESS, *(one for kind in kinds for one in OF_KIND.get(kind, ()))]
    return tuple(dict.fromkeys(found))


def attack_pattern(one: Technique) -> dict[str, object]:
    """The technique as MITRE's own object names it, without its text."""
    return {
        "type": "attack-pattern",
        "spec_version": "2.1",
        "id": one.stix_id,
        "created": f"{one.created}T00:00:00.000Z",
        "modified": f"{one.modified}T00:00:00.000Z",
        "name": one.name,
        "kill_chain_phases": [{"kill_chain_name": "mitre-atlas", "phase_name": one.tactic}],
        "external_references": [
            {
                "source_name": "mitre-atlas",
                "description": f"MITRE ATLAS {VERSION}",
                "external_id": one.number,
            }
        ],
    }
