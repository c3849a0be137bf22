"""The words of a network: those of its data set, not of one account, and how alike others are."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from stillwatch.engine.duckdb import DuckDBEngine
from stillwatch.link.words import (
    _READ,
    _UNTIL,
    CHOSEN_TO_READ,
    EARLY,
    LEAST_TEXTS,
    NO_WORDS,
    TEXTS,
    _rows,
    bits_of_likeness,
    likeness,
    mean_likeness,
    texts_sql,
    until_sql,
    words_of,
)
from stillwatch.records.sketches import ACCOUNT_SKETCHES, EXCHANGE_SKETCHES
from stillwatch.settings import EngineSettings
from tests.assess.tables import stored

DATA_SET = np.arange(100, 400, dtype=np.uint32)
PEOPLE = np.arange(10_000, 60_000, dtype=np.uint32)
OWN = np.uint32(7)


@pytest.fixture
def draw() -> np.random.Generator:
    return np.random.default_rng(11)


def texts(draw: np.random.Generator, words: np.ndarray, count: int) -> np.ndarray:
    return np.sort(np.stack([draw.choice(words, 16, replace=False) for _ in range(count)]), axis=1)


@pytest.fixture
def rows(draw: np.random.Generator) -> pa.Table:
    """Twenty accounts draw from a data set; one of them writes a word of its own in every text."""
    account = np.repeat(np.arange(20), 40)
    features = texts(draw, DATA_SET, len(account))
    features[account == 3, 0] = OWN
    mixed = texts(draw, np.concatenate([PEOPLE, DATA_SET[:50]]), 4_000)
    feature, count = np.unique(mixed, return_counts=True)
    return _rows("N1", account, features, 20, (feature.astype(np.int64), count.astype(np.int64)), len(mixed))


def test_words_are_of_several_accounts_and_rarer_elsewhere(rows: pa.Table) -> None:
    words = words_of(rows)
    assert set(words.feature.tolist()) <= set(DATA_SET.tolist())
    assert OWN not in words.feature
    assert len(words.feature) > 250
    assert (np.diff(words.feature) > 0).all()


def test_a_new_account_of_the_queue_is_alike_and_people_are_not(rows: pa.Table, draw: np.random.Generator) -> None:
    words = words_of(rows)
    account = np.repeat(np.arange(2), 30)
    asked = mean_likeness(words, account, np.concatenate([texts(draw, DATA_SET, 30), texts(draw, PEOPLE, 30)]), 3)
    assert asked.alike[0] == pytest.approx(1.0, abs=0.15)
    assert asked.alike[1] == 0.0
    assert asked.texts.tolist() == [30, 30, 0]
    bits = bits_of_likeness(asked.alike, asked.texts)
    assert bits[0] > 12.0
    assert bits[1] < -5.0
    assert np.isnan(bits[2]), "nothing was asked"


def test_one_text_says_less_than_many() -> None:
    one, many = bits_of_likeness(np.array([1.0, 1.0]), np.array([1, 50]))
    assert 0.0 < one < many


def test_a_network_without_words_is_like_nobody(draw: np.random.Generator) -> None:
    assert likeness(NO_WORDS, texts(draw, PEOPLE, 3)).tolist() == [0.0, 0.0, 0.0]
    assert LEAST_TEXTS > 0


@pytest.mark.parametrize("at_once", [1, 7, 3 * TEXTS])
def test_the_first_texts_are_read_whether_or_not_more_were_sent_at_one_time(tmp_path: Path, at_once: int) -> None:
    sent = (1, TEXTS, TEXTS + 1, 2 * TEXTS + 3)
    exchanges = [
        {
            "exchange_id": f"x{(37 * nth) % 1009:04}",
            "account_id": f"a{account}",
            "started_at": datetime(2026, 5, 4) + timedelta(minutes=nth // at_once),
            "head_value": nth,
        }
        for account, count in enumerate(sent)
        for nth in range(count)
    ]
    seen = [{"account_id": f"a{n}", "account_index": n, "exchanges": count} for n, count in enumerate(sent)]
    with DuckDBEngine(EngineSettings(threads=1), tmp_path) as engine:
        stored(engine, EXCHANGE_SKETCHES, exchanges)
        stored(engine, ACCOUNT_SKETCHES, seen)
        stored(engine, _READ, [{"account_index": account} for account in range(len(sent))])
        engine.create(_UNTIL, until_sql())
        found = engine.fetch(texts_sql("exchange_sketches", CHOSEN_TO_READ, EARLY)).to_pylist()
    read = [(row["account_index"], row["head_value"]) for row in found]
    exchanges.sort(key=lambda row: (row["account_id"], row["started_at"], row["exchange_id"]))
    ordered = {n: [row["head_value"] for row in exchanges if row["account_id"] == f"a{n}"] for n in range(len(sent))}
    assert read == [(account, head) for account, heads in ordered.items() for head in heads[:TEXTS]]
