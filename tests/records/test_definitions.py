"""Shared definitions: what their SQL says of a row is what their numbers say."""

from __future__ import annotations

from pathlib import Path

import pytest

from stillwatch.engine import Query
from stillwatch.engine.duckdb import DuckDBEngine
from stillwatch.records.definitions import (
    REFUSED_STATUS,
    country_sql,
    refused_sql,
)
from stillwatch.settings import EngineSettings


def one(folder: Path, expression: str, source: str) -> object:
    with DuckDBEngine(EngineSettings(), folder) as engine:
        return engine.fetch(Query("one", f"SELECT {expression} AS found FROM (SELECT {source}) AS rows"))["found"][
            0
        ].as_py()


@pytest.mark.parametrize(
    ("status", "refused"),
    [(None, False), (200, False), (REFUSED_STATUS - 1, False), (REFUSED_STATUS, True), (429, True), (529, True)],
)
def test_a_refusal_is_an_error_status(tmp_path: Path, status: int | None, refused: bool) -> None:
    source = f"CAST({'NULL' if status is None else status} AS SMALLINT) AS status_code"
    assert one(tmp_path, refused_sql("rows"), source) is refused


@pytest.mark.parametrize(
    ("stated", "country"),
    [
        (("'FR'", "'DE'", "'+44'"), "FR"),
        (("NULL", "'DE'", "'+44'"), "DE"),
        (("NULL", "NULL", "'+44'"), "+44"),
        (("NULL", "NULL", "NULL"), ""),
    ],
)
def test_a_country_is_that_of_the_card_then_the_organisation_then_the_telephone(
    tmp_path: Path, stated: tuple[str, str, str], country: str
) -> None:
    names = ("payment_country", "organisation_country", "phone_prefix")
    source = ", ".join(f"CAST({value} AS VARCHAR) AS {name}" for name, value in zip(names, stated, strict=True))
    assert one(tmp_path, country_sql("rows"), source) == country
