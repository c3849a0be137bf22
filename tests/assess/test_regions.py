"""Where accounts signed up from: by the provider's own data alone, with what contradicts it counted."""

from __future__ import annotations

from pathlib import Path

import pytest

from stillwatch import assess
from stillwatch.engine import Query
from stillwatch.engine.duckdb import DuckDBEngine
from stillwatch.job import Inputs, resolve
from stillwatch.settings import EngineSettings, RegionSettings, Settings
from tests.assess.tables import MEMBERS, Rows, fill

COUNTRIES = """first,last,country
203.0.113.0,203.0.113.255,aa
198.51.100.0,198.51.100.255,BB
198.51.100.64,198.51.100.127,CC
2001:db8::,2001:db8:ffff:ffff:ffff:ffff:ffff:ffff,DD
"""


def located(folder: Path, rows: Rows, **settings: object) -> Rows:
    folder.mkdir(exist_ok=True)
    (folder / "countries.csv").write_text(COUNTRIES, encoding="utf-8")
    (folder / "hosting.txt").write_text("# machines\n198.51.100.128/25\n\n", encoding="utf-8")
    regions = RegionSettings(countries=folder / "countries.csv", hosting=(folder / "hosting.txt",), **settings)
    job = resolve(Inputs(), settings=Settings(regions=regions))
    with DuckDBEngine(EngineSettings(threads=2), folder) as engine:
        fill(engine, accounts=rows)
        assess.run(engine, job)
        return engine.fetch(Query("regions", "SELECT * FROM regions ORDER BY ALL")).to_pylist()


def stated(*addresses: str | None, **columns: str) -> Rows:
    return [
        {"account_id": one, "signup_address": addresses[place % len(addresses)], **columns}
        for place, one in enumerate(MEMBERS)
    ]


def test_each_account_is_counted_where_its_address_is(tmp_path: Path) -> None:
    rows = located(tmp_path, stated("203.0.113.9", "198.51.100.70", "198.51.100.200", None), not_served=("BB",))
    found = {(row["country"], row["served"], row["hosting"]): row["accounts"] for row in rows}
    assert found == {
        ("AA", True, False): 10,
        ("CC", True, False): 10,  # a range inside another one
        ("BB", False, True): 10,
        (None, True, False): 10,  # nothing known is nothing said
    }
    assert {row["through"] for row in rows} == {""}  # as the tests' networks are of no kind
    assert sum(row["campaign_accounts"] for row in rows) == len(MEMBERS)


def test_a_card_of_another_country_is_counted_as_a_contradiction(tmp_path: Path) -> None:
    (row,) = located(tmp_path / "a", stated("203.0.113.9", payment_country="EE"))
    assert (row["accounts"], row["conflicting"]) == (40, 40)
    (row,) = located(tmp_path / "b", stated("203.0.113.9", payment_country="AA"))
    assert row["conflicting"] == 0
    (row,) = located(tmp_path / "c", stated("192.0.2.1", payment_country="AA"))  # in no range: no contradiction
    assert (row["country"], row["conflicting"]) == (None, 0)


def test_without_address_data_nothing_is_said(tmp_path: Path) -> None:
    with DuckDBEngine(EngineSettings(threads=2), tmp_path) as engine:
        fill(engine)
        assess.run(engine, resolve(Inputs()))
        assert engine.sizes(("regions",)) == {"regions": 0}


def test_settings_name_countries_by_their_codes() -> None:
    with pytest.raises(ValueError, match="not_served"):
        RegionSettings(not_served=("Atlantis",))
