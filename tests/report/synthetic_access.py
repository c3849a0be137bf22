"""How the accounts of the made-up run came in: doors, resellers and regions, one of them with a hostile name."""

from __future__ import annotations

from datetime import datetime
from typing import Any

Row = dict[str, Any]

HOSTILE = "<script>alert(1)</script> | `shop` \u202egnp"
"""A reseller's id and a channel."""
_CHECKS = {"none": 900, "email": 21_400, "phone": 15_100, "card": 19_800, "identity": 2_300, "contract": 410}
_DOORS = (("channel", "api"), ("channel", "app"), ("channel", "bedrock"), ("channel", HOSTILE), ("free", None))
_TAKEN = (
    ("channel", "api", "email", "C1", "act", 820),
    ("channel", "api", "phone", "C1", "act", 30),
    ("channel", "app", "email", "C2", "review", 110),
    ("channel", "app", "card", "C2", "review", 9),
    ("reseller", None, None, "C1", "act", 330),
    ("free", None, "email", "C3", "watch", 24),
)
_COLUMNS = ("door", "channel", "verification", "campaign_id", "level", "accounts")


def add(rows: dict[str, list[Row]]) -> None:
    """Adds the rows of all four tables."""
    others = [(door, channel, check, None, None, many) for door, channel in _DOORS for check, many in _CHECKS.items()]
    every = (*_TAKEN, *others, ("reseller", None, None, None, None, 1_240))
    rows["doors"] = [_row(dict(zip(_COLUMNS, one, strict=True))) for one in every]
    permit = {"permit_id": "P7", "valid_until": datetime(2027, 1, 1), "duties": ["name_customers", "answer_findings"]}
    rows["resellers"] = [_reseller("shop", 1_500, 330) | permit, _reseller(HOSTILE, 70, 0)]
    members = [row["account_id"] for row in rows["campaign_members"] if row["campaign_id"] == "C1"][:330]
    sold = {"reseller_id": "shop", "campaign_id": "C1", "level": "act"}
    rows["resold_accounts"] = [{"account_id": one, **sold} for one in members]
    rows["regions"] = [
        _region("AA", True, False, None) | _counts(240_000, 2_100, 40),
        _region("BB", False, True, "relay") | _counts(1_150, 1_050, 900),
        _region("BB", False, False, None) | _counts(320, 180, 2),
        _region(None, True, False, None) | _counts(9_400, 0, 21),
    ]


def _row(named: Row) -> Row:
    many = named["accounts"]
    accused = many if named["campaign_id"] else 0
    return named | {
        "cleared_accounts": (many - accused) // 900,
        "exchanges": 700 * accused or 40 * many,
        "early_exchanges": 200 * accused,
        "within_hour": accused // 50,
        "within_day": accused // 3,
        "within_week": accused // 2,
        "expected_innocent_accounts": accused / 1_000,
    }


def _reseller(name: str, accounts: int, act: int) -> Row:
    taken = {"act": act, "review": 0, "watch": 0, "campaign_exchanges": 700 * act}
    return {"reseller_id": name, "accounts": accounts, "exchanges": 90 * accounts, **taken}


def _region(country: str | None, served: bool, hosting: bool, through: str | None) -> Row:
    return {"country": country, "served": served, "hosting": hosting, "through": through}


def _counts(accounts: int, conflicting: int, accused: int) -> Row:
    return {"accounts": accounts, "conflicting": conflicting, "campaign_accounts": accused}
