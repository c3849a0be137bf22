"""The plain value behind a shared one: the right one, never a text, and nothing that could harm a reader."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from stillwatch import sketch
from stillwatch.engine.duckdb import DuckDBEngine
from stillwatch.job import Inputs, resolve
from stillwatch.link.account_reading import partial_results
from stillwatch.link.graph import Graph, load
from stillwatch.link.shown_values import STATED, USED, shown_values
from stillwatch.link.values import ATTRIBUTES
from stillwatch.records.inputs import ACCOUNTS, EXCHANGES, SOURCES
from stillwatch.records.sketches import RECEIVED_GROUPS
from stillwatch.settings import EngineSettings
from tests.link.test_graph import filled

AT = datetime(2026, 3, 1, 12, 34, 56)
OFFICE = {
    "client_address": "203.0.113.7:51822",
    "user_agent": "relay/2.0",
    "client_fingerprint": "t13d1516",
    "device_id": "device-1",
    "session_id": "session-1",
    "conversation_id": "talk-1",
    "system_instructions": "You are a secret.",
    "input_text": "What is the capital of France, please tell me now or never",
    "tool_names": ["search", "open"],
    "temperature": 0.7,
    "max_tokens": 4096,
}
HOME = {
    **OFFICE,
    "client_address": "2001:db8:12:3::9",
    "user_agent": "curl/8",
    "tool_names": ["run"],
    "temperature": 1.0,
}
CARD = {
    "created_at": AT,
    "payment_fingerprint": "card-1",
    "payment_issuer": "424242",
    "organisation_id": "org-1",
    "email_domain": "mail.example",
    "email_shape": "aaaa99",
    "phone_prefix": "+44",
    "signup_address": "198.51.100.3",
    "signup_fingerprint": "t13d-signup",
    "referrer": "https://offers.example",
}
SHOWN = {
    "same_address": {"203.0.113.7", "2001:db8:12:3::9"},
    "same_subnet": {"203.0.113.0/24", "2001:db8:12::/48"},
    "same_address_network": {"203.0.0.0/16", "2001:db8::/32"},
    "same_client_fingerprint": {"t13d1516"},
    "same_user_agent": {"relay/2.0", "curl/8"},
    "same_device": {"device-1"},
    "same_session": {"session-1"},
    "same_tools": {"search, open", "run"},
    "same_parameters": {"temperature 0.7, max_tokens 4096", "temperature 1.0, max_tokens 4096"},
    "same_parameters_of_client": {"temperature 0.7, max_tokens 4096", "temperature 1.0, max_tokens 4096"},
    "continues_conversation_of": {"talk-1"},
    "same_payment_fingerprint": {"card-1"},
    "same_payment_issuer": {"424242"},
    "same_organisation": {"org-1"},
    "same_email_domain": {"mail.example"},
    "same_email_shape": {"aaaa99"},
    "same_phone_prefix": {"+44"},
    "same_signup_address": {"198.51.100.3"},
    "same_signup_subnet": {"198.51.100.0/24"},
    "same_signup_fingerprint": {"t13d-signup"},
    "same_referrer": {"https://offers.example"},
    "same_signup_minute": {"2026-03-01 12:34 UTC"},
    "same_signup_hour": {"2026-03-01 12:00 to 12:59 UTC"},
    "same_signup_day": {"2026-03-01 UTC"},
}
TEXTS = {"same_instructions", "same_opening_words", "same_closing_words", "same_payload"}
FOUR = [("anna", OFFICE), ("bert", OFFICE), ("cleo", HOME), ("dora", HOME)]


def rows_of(table: object, rows: list[dict[str, object]]) -> pa.Table:
    schema = table.schema  # type: ignore[attr-defined]
    return pa.Table.from_pylist([{name: row.get(name) for name in schema.names} for row in rows], schema=schema)


def shown(
    folder: Path,
    exchanges: list[tuple[str, Mapping[str, object]]],
    raw: bool = True,
    stated: Mapping[str, object] | None = None,
) -> dict[str, set[str]]:
    """By claim, the shown texts of all values that accounts share, through the real sketches of these exchanges."""
    with DuckDBEngine(EngineSettings(), folder) as engine:
        logged = [
            {"started_at": AT, **row, "exchange_id": f"{number:04}", "account_id": account}
            for number, (account, row) in enumerate(exchanges)
        ]
        engine.store(EXCHANGES, rows_of(EXCHANGES, logged))
        names = sorted({account for account, _ in exchanges})
        if stated:
            engine.store(ACCOUNTS, rows_of(ACCOUNTS, [{**stated, "account_id": name} for name in names]))
        feeds = "exchanges" if raw else "exchange_sketches"
        engine.store(SOURCES, filled(SOURCES, {"feeds": pa.array([feeds]), "rows_used": pa.array([len(logged)])}))
        engine.store(RECEIVED_GROUPS, RECEIVED_GROUPS.schema.empty_table())
        sketch.run(engine, resolve(Inputs()))
        with partial_results(engine) as partials:
            graph = load(engine, partials, len(names), frozenset()).graph({})
        found = shown_values(engine, graph, np.arange(graph.values), pa.array(names))
    return by_claim(graph, found)


def by_claim(graph: Graph, found: Mapping[int, str]) -> dict[str, set[str]]:
    result: dict[str, set[str]] = {ATTRIBUTES[code].claim: set() for code in graph.attribute}
    for value, text in found.items():
        result[ATTRIBUTES[graph.attribute[value]].claim].add(text)
    return result


def test_every_attribute_is_shown_or_is_a_text_or_an_act() -> None:
    assert {attribute.claim for attribute in ATTRIBUTES} - {*USED, *STATED} == {
        *TEXTS,
        "takes_over_requests_of",
        "asks_from_one_pool",
    }
    assert {attribute.claim for attribute in ATTRIBUTES if attribute.source == "accounts"} == set(STATED)


@pytest.mark.parametrize("claim", sorted(SHOWN))
def test_the_value_shown_is_the_one_that_the_accounts_share(folder: dict[str, set[str]], claim: str) -> None:
    assert folder[claim] == SHOWN[claim]


def test_no_text_is_shown(folder: dict[str, set[str]]) -> None:
    assert {claim: folder[claim] for claim in TEXTS} == {claim: set() for claim in TEXTS}


@pytest.fixture(name="folder", scope="module")
def shown_of_four(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    return shown(tmp_path_factory.mktemp("shown"), FOUR, stated=CARD)


def test_what_came_as_sketches_has_no_text(tmp_path: Path) -> None:
    found = shown(tmp_path, FOUR, raw=False, stated=CARD)
    assert {claim: found[claim] for claim in USED} == {claim: set() for claim in USED}
    assert {claim: found[claim] for claim in STATED} == {claim: SHOWN[claim] for claim in STATED}


@pytest.mark.parametrize(
    ("agent", "expected"),
    [
        ("x" * 10_000, "x" * 63 + "…"),
        ("safe\u202egpj.exe\x1b[31m", "safe\ufffdgpj.exe\ufffd[31m"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("one\r\n| two |", "one\ufffd\ufffd| two |"),
    ],
)
def test_a_hostile_value_is_cut_and_made_printable(tmp_path: Path, agent: str, expected: str) -> None:
    row = {**OFFICE, "user_agent": agent, "tool_names": [agent, "\u202e"] * 100}
    found = shown(tmp_path, [("anna", row), ("bert", row)])
    assert found["same_user_agent"] == {expected}
    (tools,) = found["same_tools"]
    assert len(tools) <= 64
    assert tools.isprintable()


def test_an_account_that_uses_several_values_at_one_time_shows_each_as_what_it_is(tmp_path: Path) -> None:
    segments = [{**OFFICE, "client_address": f"198.51.{number}.1"} for number in range(20)]
    found = shown(tmp_path, [(account, row) for account in ("anna", "bert") for row in segments])
    assert found["same_subnet"] == {f"198.51.{number}.0/24" for number in range(20)}


def test_the_order_of_the_log_changes_nothing(tmp_path: Path) -> None:
    segments = [
        {**OFFICE, "client_address": f"198.51.{number}.1", "user_agent": f"agent {number}"} for number in range(9)
    ]
    rows = [(account, row) for account in ("anna", "bert") for row in segments]
    assert shown(tmp_path / "one", rows) == shown(tmp_path / "two", rows[::-1])


def test_a_sign_up_address_is_one_value_however_it_is_written(tmp_path: Path) -> None:
    written = ["203.0.113.7", "8.8.8.8, 203.0.113.7, 10.0.0.2", 'for="203.0.113.7:80"', "::ffff:203.0.113.7"]
    places = stated_places(tmp_path, [*written, "10.0.0.2", "10.0.0.2", "unknown", "unknown", None])
    assert places == {"same_signup_address": {"203.0.113.7": 4}, "same_signup_subnet": {"203.0.113.0/24": 4}}


def test_proxies_with_public_addresses_are_passed_over_when_they_are_stated(tmp_path: Path) -> None:
    written = ["203.0.113.7, 198.51.100.9", "203.0.113.8, 198.51.100.9"]
    assert stated_places(tmp_path / "0", written)["same_signup_address"] == {"198.51.100.9": 2}
    assert stated_places(tmp_path / "1", written, 1) == {"same_signup_subnet": {"203.0.113.0/24": 2}}


def stated_places(folder: Path, addresses: list[str | None], trusted_hops: int = 0) -> dict[str, dict[str, int]]:
    """By claim, the places that several accounts signed up from, and how many did."""
    names = [f"a{number}" for number in range(len(addresses))]
    with DuckDBEngine(EngineSettings(), folder) as engine:
        rows = [{"started_at": AT, "exchange_id": f"e{name}", "account_id": name} for name in names]
        engine.store(EXCHANGES, rows_of(EXCHANGES, rows))
        stated = [{"account_id": a, "signup_address": b} for a, b in zip(names, addresses, strict=True)]
        engine.store(ACCOUNTS, rows_of(ACCOUNTS, stated))
        engine.store(SOURCES, SOURCES.schema.empty_table())
        engine.store(RECEIVED_GROUPS, RECEIVED_GROUPS.schema.empty_table())
        sketch.run(engine, resolve(Inputs()))
        with partial_results(engine) as partials:
            graph = load(engine, partials, len(names), frozenset(), trusted_hops).graph({})
        found = shown_values(engine, graph, np.arange(graph.values), pa.array(names), trusted_hops)
    result: dict[str, dict[str, int]] = {}
    for value, text in found.items():
        holders = int(graph.value_start[value + 1] - graph.value_start[value])
        result.setdefault(ATTRIBUTES[graph.attribute[value]].claim, {})[text] = holders
    return result
