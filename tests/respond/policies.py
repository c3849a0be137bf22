"""Policies for tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from stillwatch.respond.policy import Policy

TEXT = "Collecting answers to train another model is not allowed."


def line(name: str = "act", **changed: Any) -> dict[str, Any]:
    """A line that throttles accounts at `act` for a week."""
    stated = {"name": name, "level": "act", "effect": "throttle", "lasts": "7d", "reason_code": "extraction"}
    return {**stated, "holder_text": TEXT, **changed}


def policy(tmp_path: Path, *lines: dict[str, Any], **sections: Any) -> Policy:
    """A policy of these lines, whose bounds let small tests through unless `sections` say otherwise."""
    key = tmp_path / "policy.key"
    key.write_bytes(b"0123456789abcdef0123456789abcdef")
    limits = {"share_of_accounts": 1.0, "all_accounts": 1_000, "second_person_above": 1_000, "per_hour": 1_000}
    said = {
        "key_file": key,
        "holder": {"rules": "section 4", "object_at": "https://provider.example/appeal"},
        "line": list(lines) if lines else [line()],
        **sections,
        "limits": {**limits, "per_day": 1_000, **sections.get("limits", {})},
    }
    return Policy.model_validate(said)
