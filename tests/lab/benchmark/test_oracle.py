"""A detector that knows the parameters acts exactly when the planted bits suffice, and on nobody else."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stillwatch.records.sketches import EXCHANGE_SKETCHES
from stillwatch_lab.benchmark.oracle import EXACT_BITS, known_parameters

PER_ACCOUNT = 40
CODES = 8  # people use each of eight parameter tuples alike: one always the same is worth three bits an exchange


def planted(folder: Path, campaign_codes: int, specialists: int = 0, others: int = 0) -> Path:
    """400 people, `specialists` who only ever use the campaign's tuple, a `patient` campaign of 40 accounts that draws
    from that many tuples, and `others` accounts of another campaign that do exactly the same."""
    draws = np.random.default_rng(2)
    rows, exchanges = [], []
    names = [*(f"p{n}" for n in range(400)), *(f"s{n}" for n in range(specialists))]
    names += [*(f"x{n}" for n in range(40)), *(f"y{n}" for n in range(others))]
    for name in names:
        codes = {"p": CODES, "s": 1}.get(name[0], campaign_codes)
        for number in range(PER_ACCOUNT):
            at = datetime(2026, 3, 1) + timedelta(days=number)
            exchange = f"{name}/{number}"
            row = dict.fromkeys(EXCHANGE_SKETCHES.names) | {"exchange_id": exchange, "account_id": name}
            rows.append(row | {"started_at": at, "parameters_value": int(draws.integers(codes)), "request_model": "m"})
            if name[0] in "xy":
                exchanges.append({"exchange_id": exchange, "account_id": name, "campaign_id": name[0]})
    rows.sort(key=lambda row: (row["account_id"], row["started_at"]))
    pq.write_table(pa.Table.from_pylist(rows, EXCHANGE_SKETCHES.schema), folder / "sketches.parquet")
    truth = folder / "truth"
    truth.mkdir()
    pq.write_table(pa.Table.from_pylist(exchanges), truth / "exchanges.parquet")
    campaigns = [{"campaign_id": "x", "rung": "patient"}, {"campaign_id": "y", "rung": "letter"}]
    pq.write_table(pa.Table.from_pylist(campaigns), truth / "campaigns.parquet")
    return folder


def test_planted_bits_are_reached_when_they_suffice(tmp_path: Path) -> None:
    planted(tmp_path, campaign_codes=1)
    found = known_parameters(tmp_path / "sketches.parquet", tmp_path / "truth", "patient")
    assert found is not None
    # log2(8) = 3 bits an exchange: the sixth brings 18, the fifth 15 of the 16.6 that are needed
    assert found["threshold_bits"] == EXACT_BITS
    assert found["exchanges_needed"] == 6
    assert found["half_at"] == 5.0  # days after the first exchange, one exchange a day
    assert (found["accounts"], found["reached"], found["innocents_over_exact"]) == (40, 40, 0)
    assert found["leak_share"] == pytest.approx(5 / PER_ACCOUNT)
    assert found["by_form"] == {name: value for name, value in found.items() if name != "by_form"}  # there are no words


def test_a_campaign_like_everybody_is_not_reached(tmp_path: Path) -> None:
    planted(tmp_path, campaign_codes=CODES)
    found = known_parameters(tmp_path / "sketches.parquet", tmp_path / "truth", "patient")
    assert found is not None
    assert (found["reached"], found["half_at"], found["leak_share"], found["exchanges_needed"]) == (0, None, 1.0, None)


def test_innocents_who_look_like_it_raise_the_bar(tmp_path: Path) -> None:
    planted(tmp_path, campaign_codes=1, specialists=3)
    found = known_parameters(tmp_path / "sketches.parquet", tmp_path / "truth", "patient")
    assert found is not None
    assert found["innocents_over_exact"] == 3
    assert found["threshold_bits"] > 100  # 40 exchanges of nearly three bits
    assert found["reached"] < 40


def test_accounts_of_another_campaign_are_no_innocents(tmp_path: Path) -> None:
    planted(tmp_path, campaign_codes=1, others=30)
    found = known_parameters(tmp_path / "sketches.parquet", tmp_path / "truth", "patient")
    assert found is not None
    assert (found["innocents"], found["innocents_over_exact"], found["threshold_bits"]) == (400, 0, EXACT_BITS)


def test_a_world_without_the_profile_has_no_answer(tmp_path: Path) -> None:
    planted(tmp_path, campaign_codes=1)
    assert known_parameters(tmp_path / "sketches.parquet", tmp_path / "truth", "hydra") is None


def test_words_that_only_the_campaign_uses_are_worth_their_bits_once_an_exchange(tmp_path: Path) -> None:
    planted(tmp_path, campaign_codes=CODES)
    path = tmp_path / "sketches.parquet"
    rows = pq.read_table(path)
    draws = np.random.default_rng(4)
    words = [
        (np.full(16, 7) if name.startswith("x") else draws.integers(100, 9_999, 16)).astype("<u4").tobytes()
        for name in rows["account_id"].to_pylist()
    ]
    place = rows.schema.get_field_index("content_features")
    pq.write_table(rows.set_column(place, rows.schema.field(place), pa.array(words, pa.binary())), path)
    found = known_parameters(path, tmp_path / "truth", "patient")
    assert found is not None
    # however many bits its words have, one exchange brings at most 12 of the 16.6
    assert found["exchanges_needed"] == 2
    assert found["by_form"]["reached"] == 0
