"""Records of a case: of its accounts alone, the listed fields alone, and what is missing is named."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from stillwatch.report import folder
from stillwatch.report.access.records import FIELDS, LONGEST, NEEDED, members, records

HELD = {
    "account_id": "a1",
    "name": "Ann Example",
    "payment_means": "card ending 1881",
    "ip_addresses": [{"address": "203.0.113.7", "at": date(2026, 4, 1)}],
    "owners": ["Bo Example"],
    "favourite_colour": "blue",
}


def test_a_record_has_the_listed_fields_and_nothing_else() -> None:
    (one, other) = records("C1", {"a1": "act", "a2": "review"}, [HELD, {"account_id": "stranger", "name": "Cy"}])
    assert set(one) == {"case", "account_id", "level", "missing", *FIELDS}
    assert (one["name"], one["owners"], one["level"]) == ("Ann Example", ["Bo Example"], "act")
    assert one["ip_addresses"] == [{"address": "203.0.113.7", "at": "2026-04-01"}]
    assert "blue" not in str(one) and "Cy" not in str([one, other])
    assert set(one["missing"]) == set(NEEDED) - {"name", "payment_means", "ip_addresses"}
    assert other["missing"] == list(NEEDED)


def test_several_rows_are_one_record_and_values_are_bounded() -> None:
    rows = [HELD, {"account_id": "a1", "name": "Another", "email": "x" * 10_000, "telephone": object()}]
    (one,) = records("C1", {"a1": "act"}, rows)
    assert one["name"] == "Ann Example" and len(one["email"]) == LONGEST and one["telephone"] is None


def test_accounts_at_watch_have_no_record(full_folder: Path) -> None:
    with folder.opened(full_folder) as (engine, _):
        assert set(members(engine, "C1").values()) <= {"act", "review"} and members(engine, "C1")
        assert members(engine, "C3") == {}
