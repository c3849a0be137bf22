"""A finding has what OCSF 1.8 requires, of the types that it says, and tells no more than a bundle."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from stillwatch.cli.main import invoke
from stillwatch.share.gather import campaign_of
from stillwatch.share.ocsf import finding
from tests.share.runs import CAMPAIGN, KEPT, NOW, TOLD, tables, written

REQUIRED = {
    "activity_id": int,
    "category_uid": int,
    "class_uid": int,
    "finding_info": dict,
    "metadata": dict,
    "severity_id": int,
    "time": int,
    "type_uid": int,
}
"""What `detection_finding` of the schema's tag 1.8.0 requires, with what it extends."""
ALLOWED = {*REQUIRED, "confidence_score", "evidences", "is_alert", "message", "observables", "status_id", "unmapped"}


@pytest.fixture
def found(tmp_path: Path) -> dict[str, Any]:
    return finding(campaign_of(written(tmp_path), CAMPAIGN), "A provider", NOW)


def test_it_has_what_the_class_requires(found: dict[str, Any]) -> None:
    assert {name: type(found[name]) for name in REQUIRED} == REQUIRED
    assert set(found) == ALLOWED
    assert found["type_uid"] == found["class_uid"] * 100 + found["activity_id"] == 200_401
    assert found["metadata"]["version"] == "1.8.0"
    assert found["metadata"]["product"]["name"]
    assert found["finding_info"]["uid"].startswith("campaign--")
    assert found["time"] == 1_780_317_296_789


def test_every_observable_points_at_what_it_names(found: dict[str, Any]) -> None:
    for one in found["observables"]:
        place = int(one["name"].removeprefix("evidences[").partition("]")[0])
        assert found["evidences"][place]["data"]["value"] == one["value"]
    types = {one["value"]: one["type_id"] for one in found["observables"]}
    assert (types["203.0.113.7"], types["203.0.113.0/24"], types[TOLD["same_user_agent"]]) == (2, 12, 16)


def test_it_tells_no_more_than_a_bundle(found: dict[str, Any]) -> None:
    said = json.dumps(found)
    assert [text for text in KEPT.values() if text in said] == []
    assert [number for number in ("417", "61234", "61,234", "98.61", "7111222") if number in said] == []


def test_the_command_writes_a_line_a_campaign(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = str(written(tmp_path / "run"))
    assert invoke(["share", "ocsf", run]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line)["class_uid"] == 2004
    assert invoke(["share", "ocsf", str(written(tmp_path / "low", tables("review")))]) == 0
    assert capsys.readouterr().out == ""
