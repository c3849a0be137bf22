"""New accounts beside the networks of a run: at sign-up, after some exchanges, and whose rows are written."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from stillwatch.assess.latecomers import Standing
from stillwatch.engine import Engine
from stillwatch.engine.factory import open_engine
from stillwatch.key import load_key
from stillwatch.link.joining import CODE_OF, Profile
from stillwatch.link.latecomers import Logs
from stillwatch.link.words import Words
from stillwatch.records import Table
from stillwatch.records.columns import Kind, columns
from stillwatch.records.sketches import EXCHANGE_SKETCHES
from stillwatch.settings import EngineSettings
from stillwatch.watch.newcomers import earlier, newcomers, newest
from stillwatch.watch.standing import Found

AT = datetime(2026, 6, 1)
DATA_SET = np.arange(100, 400, dtype=np.uint32)
PEOPLE = np.arange(10_000, 60_000, dtype=np.uint32)
USED = {"same_address": 1, "same_user_agent": 2, "same_opening_words": 3}
ACCOUNTS = Table(
    "accounts",
    (
        *columns(Kind.STRING, "account_id payment_fingerprint payment_issuer organisation_id email_domain email_shape"),
        *columns(Kind.STRING, "phone_prefix signup_address signup_fingerprint referrer country"),
        *columns(Kind.TIMESTAMP, "created_at"),
    ),
)
LOGS = Logs("exchange_sketches", "exchange_sketches", True, 10_000)


def exchanges(account: str, count: int, words: np.ndarray, values: dict[str, int]) -> list[dict[str, Any]]:
    draw = np.random.default_rng(len(account))
    return [
        {
            "exchange_id": f"{account}-{number}",
            "account_id": account,
            "started_at": AT + timedelta(minutes=number),
            "content_features": draw.choice(words, 16, replace=False).astype("<u4").tobytes(),
            **values,
        }
        for number in range(count)
    ]


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    """`back` sends what the network did by its program, `pupil` shares its address, `silent` sent nothing yet."""
    program = {"user_agent_value": 2, "head_value": 3}
    rows = [
        *exchanges("back", 12, DATA_SET, {**program, "address_value": 77}),
        *exchanges("pupil", 12, PEOPLE, {"address_value": 1, "user_agent_value": 78}),
        *exchanges("member", 12, DATA_SET, {**program, "address_value": 1}),
    ]
    made = [{"account_id": name, "created_at": AT} for name in ("back", "pupil", "member", "silent")]
    with open_engine(EngineSettings(threads=1), tmp_path) as opened:
        opened.store(EXCHANGE_SKETCHES, pa.Table.from_pylist(rows, schema=EXCHANGE_SKETCHES.schema))
        opened.store(ACCOUNTS, pa.Table.from_pylist(made, schema=ACCOUNTS.schema))
        yield opened


def found(level: str = "act", networks: tuple[str, ...] = ("N1",)) -> Found:
    profiles = tuple(replace(profile(), network=name) for name in networks)
    standing = Standing("C1", {level: 1.0})
    return Found(profiles, {one.of: {"member"} for one in profiles}, {one.of: standing for one in profiles}, 10_000)


def profile() -> Profile:
    words = Words(DATA_SET.astype(np.int64), np.full(len(DATA_SET), 4.0), 64.0)
    code = np.array([CODE_OF[claim] for claim in USED])
    count = len(code)
    return Profile(
        "N1",
        50,
        code,
        np.array(list(USED.values())),
        np.full(count, 0.8),
        np.full(count, 1e-4),
        np.zeros(count, np.int64),
        words=words,
    )


def said(engine: Engine, accounts: list[str], level: str = "act") -> list[dict[str, Any]]:
    rows = newcomers(engine, LOGS, accounts, earlier(found(level)), load_key(None), 0, AT)
    return rows.to_pylist()


def test_an_operator_with_its_old_program_and_contents_is_named(engine: Engine) -> None:
    rows = {row["exchanges"]: row for row in said(engine, ["back"])}
    assert sorted(rows) == [1, 10], "at sign-up there is nothing to compare, and 50 it has not sent"
    assert rows[10]["of_any"] > 0.9
    assert rows[10]["probability"] >= rows[1]["probability"]
    assert (rows[10]["network_id"], rows[10]["campaign_id"]) == ("N1", "C1")
    assert [name for name, _ in rows[10]["candidates"]] == ["N1"]
    evidence = "; ".join(rows[10]["evidence"])
    assert "nothing tells which" not in evidence
    assert "what it asks for" in evidence
    assert "not the network's: its addresses" in evidence


def test_of_networks_that_are_alike_none_is_picked(engine: Engine) -> None:
    known = earlier(found(networks=("N1", "N2")))
    rows = newcomers(engine, LOGS, ["back"], known, load_key(None), 0, AT).to_pylist()
    last = max(rows, key=lambda row: row["exchanges"])
    assert last["of_any"] > 0.9
    assert [name for name, _ in last["candidates"]] == ["N1", "N2"]
    assert sum(value for _, value in last["candidates"]) == pytest.approx(last["of_any"], abs=1e-3)
    assert last["evidence"][0] == "nothing tells which of 2 earlier networks it would be: N1 (50 %), N2 (50 %)"


def test_a_pupil_behind_its_address_is_not(engine: Engine) -> None:
    assert all(row["of_any"] < 0.5 for row in said(engine, ["pupil", "silent"]))


def test_the_networks_own_accounts_are_no_newcomers(engine: Engine) -> None:
    assert said(engine, ["member"]) == []


def test_networks_without_a_level_are_nobodys_return(engine: Engine) -> None:
    assert said(engine, ["back"], "none") == []


def test_the_newest_accounts_are_looked_at(engine: Engine) -> None:
    assert newest(engine, LOGS, AT + timedelta(hours=1)) == ["back", "member", "pupil", "silent"]
    assert newest(engine, LOGS, AT + timedelta(days=40)) == []
