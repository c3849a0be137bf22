"""Doors add up, each account has one, and what is found behind them is found as soon as it was."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from stillwatch.engine.duckdb import DuckDBEngine
from stillwatch.settings import EngineSettings
from tests.assess.tables import EACH, MEMBERS, STRANGERS, Rows, assessed, day, fill

PASSED = [
    {"account_id": one, "verification": "email" if place % 2 else "card", "created_at": day(-2)}
    for place, one in enumerate(MEMBERS)
]


def found(folder: Path, **changed: Any) -> dict[str, Rows]:
    with DuckDBEngine(EngineSettings(threads=2), folder) as engine:
        fill(engine, **changed)
        return assessed(engine)


def total(rows: Rows, name: str = "accounts") -> int:
    return sum(row[name] for row in rows)


def test_every_account_stands_behind_one_door(tmp_path: Path) -> None:
    stated = [
        {**PASSED[0], "reseller_id": "shop", "account_type": "education", "plan": "free"},
        {**PASSED[1], "account_type": "education", "plan": "free"},
        {**PASSED[2], "plan": "free"},
        *PASSED[3:],
    ]
    made = found(tmp_path, accounts=stated, channels={MEMBERS[2]: "bedrock", MEMBERS[3]: "bedrock"})
    doors = made["doors"]
    assert total(doors) == len(MEMBERS) + STRANGERS
    assert total(doors, "exchanges") == EACH * (len(MEMBERS) + STRANGERS)
    sold = {door: total([row for row in doors if row["door"] == door]) for door in ("reseller", "education", "free")}
    assert sold == {"reseller": 1, "education": 1, "free": 1}
    assert {row["channel"] for row in doors if row["door"] != "channel"} == {None}
    assert total([row for row in doors if row["channel"] == "bedrock"]) == 1


def test_checks_and_campaigns_are_told_apart(tmp_path: Path) -> None:
    made = found(tmp_path, accounts=PASSED)
    accused = [row for row in made["doors"] if row["campaign_id"] is not None]
    assert {row["verification"]: row["accounts"] for row in accused} == {"email": 20, "card": 20}
    assert [row["verification"] for row in made["doors"] if row["campaign_id"] is None] == [None]
    assert total(accused, "exchanges") == made["campaigns"][0]["exchanges"]
    before = total([row for row in made["campaign_usage"] if not row["detected"]], "exchanges")
    assert total(accused, "early_exchanges") == before > 0


def test_the_wait_begins_with_the_sign_up(tmp_path: Path) -> None:
    at = {row["account_id"]: row["detected_at"] for row in found(tmp_path / "a", accounts=PASSED)["campaign_members"]}
    late = [{**row, "created_at": at[row["account_id"]] - (day(8) - day(0))} for row in PASSED]
    soon = [{**row, "created_at": at[row["account_id"]]} for row in PASSED]  # after its first exchange: that counts
    rows = [row for row in found(tmp_path / "b", accounts=late)["doors"] if row["campaign_id"]]
    assert (total(rows, "within_hour"), total(rows, "within_week")) == (0, 0)
    rows = [row for row in found(tmp_path / "c", accounts=soon)["doors"] if row["campaign_id"]]
    assert total(rows, "within_week") == len(MEMBERS)
    assert total(rows, "within_hour") < len(MEMBERS)


def test_a_cleared_account_is_an_innocent_of_its_door(tmp_path: Path) -> None:
    said = [{"subject": MEMBERS[0], "verdict": "innocent"}]
    doors = found(tmp_path, accounts=PASSED, judgements=said)["doors"]
    cleared = [row for row in doors if row["cleared_accounts"]]
    columns = ("cleared_accounts", "campaign_id", "verification")
    assert [tuple(row[name] for name in columns) for row in cleared] == [(1, None, "card")]


def test_what_the_log_says_otherwise_counts_as_not_said(tmp_path: Path) -> None:
    stated = [{**row, "verification": "<b>", "account_type": "x", "plan": "y"} for row in PASSED]
    doors = found(tmp_path, accounts=stated)["doors"]
    assert {(row["door"], row["verification"]) for row in doors} == {("channel", None)}


def test_resellers_stand_beside_their_permit(tmp_path: Path) -> None:
    stated = [{**row, "reseller_id": "shop" if place < 10 else "kiosk"} for place, row in enumerate(PASSED)]
    resale = {"holder": "shop", "purpose": "resale"}
    permits = [
        {"permit_id": "old", **resale, "valid_from": day(-30), "duties": ["keep_records"]},
        {"permit_id": "new", **resale, "valid_from": day(-3), "duties": ["name_customers"]},
        {"permit_id": "other", "holder": "kiosk", "purpose": "research"},
    ]
    made = found(tmp_path, accounts=stated, permits=permits)
    shop, kiosk = sorted(made["resellers"], key=lambda row: row["accounts"])
    assert (shop["reseller_id"], shop["accounts"], shop["permit_id"], shop["duties"]) == (
        "shop", 10, "new", ["name_customers"],
    )  # fmt: skip
    assert (kiosk["reseller_id"], kiosk["accounts"], kiosk["permit_id"]) == ("kiosk", 30, None)
    sold = {row["account_id"] for row in made["resold_accounts"] if row["reseller_id"] == "shop"}
    assert sold == {one for one in MEMBERS[:10] if one in {row["account_id"] for row in made["campaign_members"]}}
