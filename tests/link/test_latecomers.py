"""What accounts in question hold is asked in SQL that both engines understand."""

from __future__ import annotations

from pathlib import Path

import pytest

from stillwatch.assess.known_networks import members_in_logs_sql
from stillwatch.engine import Query
from stillwatch.link import words
from stillwatch.link.latecomers import (
    CHOSEN,
    IN_QUESTION,
    chosen_sql,
    files_sql,
    holdings_of_chosen_sql,
    stated_sketches_sql,
    texts_of_found_sql,
)
from stillwatch.link.values import ATTRIBUTES, holdings_sql

pytest.importorskip("sqlglot", reason="sqlglot not installed: the extra `spark` is missing")

from stillwatch.engine.translate import to_spark

STATED = next(one for one in ATTRIBUTES if one.source == "accounts")
QUERIES = (
    chosen_sql("exchange_sketches"),
    chosen_sql(files_sql([Path("/state/exchanges-000001.parquet")])),
    holdings_of_chosen_sql("exchange_sketches"),
    stated_sketches_sql(),
    texts_of_found_sql("exchange_sketches"),
    holdings_sql(STATED, IN_QUESTION),
    members_in_logs_sql(),
    words.texts_sql("exchange_sketches", CHOSEN.name),
    words.until_sql(),
    words.texts_sql("exchange_sketches", words.CHOSEN_TO_READ, words.EARLY),
)


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.name)
def test_an_epoch_on_spark_can_ask_it(query: Query) -> None:
    assert to_spark(query).sql
