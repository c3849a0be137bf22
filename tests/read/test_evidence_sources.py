"""What the columns allow is said for every evidence source."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from rich.console import Console

from stillwatch.job import Inputs, resolve
from stillwatch.read.check_text import render
from stillwatch.read.evidence_sources import EVIDENCE_SOURCES
from stillwatch.read.usable_addresses import AddressCounter
from stillwatch.records.inputs import ACCOUNTS
from stillwatch.records.sketches import EXCHANGE_SKETCHES
from tests.read.rows import exchange, read_in, write


@pytest.mark.parametrize("suffix", ["parquet", "jsonl", "csv"])
def test_a_filled_column_switches_its_evidence_on(tmp_path: Path, suffix: str) -> None:
    path = write(tmp_path / f"log.{suffix}", [exchange(0, client_address="192.0.2.1", user_agent=None), exchange(1)])
    _, summary = read_in(tmp_path, [path])
    on = {row["name"] for row in summary.evidence if row["available"]}
    assert on == {"shared_address"}
    assert len(summary.evidence) == len(EVIDENCE_SOURCES) + 1  # and the days of log


def test_what_is_off_says_why(tmp_path: Path) -> None:
    path = write(tmp_path / "log.parquet", [exchange(0)])
    _, summary = read_in(tmp_path, [path])
    sentences = {str(row["name"]): str(row["sentence"]) for row in summary.evidence}
    assert "no accounts were given" in sentences["payment"]
    assert "`client_address`, which no row of `exchanges` has" in sentences["shared_address"]
    accounts = tmp_path / "accounts.csv"
    accounts.write_text("account_id,payment_issuer\na0,\n")
    _, summary = read_in(tmp_path, resolve(Inputs((str(path),), (str(accounts),))))
    sentences = {str(row["name"]): str(row["sentence"]) for row in summary.evidence}
    assert "which no row of `accounts` has" in sentences["payment"]


LISTS = ("10.0.0.7", "unknown", "203.0.113.7, unknown", "[red]`|<b>\x1b[31m", "9" * 5_000)


def addressed(folder: Path, suffix: str, *addresses: str) -> dict[str, tuple[bool, str]]:
    """What is said of evidence in a log with these addresses, which the accounts signed up from as well."""
    rows = [exchange(place, client_address=text) for place, text in enumerate(addresses)]
    logs = write(folder / f"log.{suffix}", rows)
    stated = [{"account_id": f"a{place}", "signup_address": text} for place, text in enumerate(addresses)]
    accounts = write(folder / f"accounts.{suffix}", stated, ACCOUNTS)
    _, summary = read_in(folder, resolve(Inputs((str(logs),), (str(accounts),))))
    return {str(row["name"]): (bool(row["available"]), str(row["sentence"])) for row in summary.evidence}


@pytest.mark.parametrize("suffix", ["parquet", "jsonl", "csv"])
def test_addresses_that_name_no_client_are_counted(tmp_path: Path, suffix: str) -> None:
    found = addressed(tmp_path, suffix, *LISTS, "8.8.8.8, 203.0.113.7, 10.0.0.2")
    assert found["shared_address"][0]
    for name, column in (("usable_client_address", "client_address"), ("usable_signup_address", "signup_address")):
        available, sentence = found[name]
        assert not available
        assert f"of 6 values of `{column}`, 5 name no public address, such as `10.0.0.7`" in sentence


@pytest.mark.parametrize("suffix", ["parquet", "jsonl", "csv"])
def test_without_an_address_that_names_a_client_there_is_no_evidence(tmp_path: Path, suffix: str) -> None:
    found = addressed(tmp_path, suffix, *LISTS)
    available, sentence = found["shared_address"]
    assert not available
    assert "none of 5 values of `client_address` names a public address, such as `10.0.0.7`" in sentence
    assert not found["registration"][0]
    assert "usable_client_address" not in found


def test_few_unusable_addresses_are_counted_and_no_more(tmp_path: Path) -> None:
    available, sentence = addressed(tmp_path, "jsonl", *["203.0.113.7"] * 9, "unknown")["usable_client_address"]
    assert available
    assert "of 10 values of `client_address`, 1 name no public address, such as `unknown`" in sentence


def test_all_addresses_that_name_a_client_need_no_word(tmp_path: Path) -> None:
    assert "usable_client_address" not in addressed(tmp_path, "jsonl", "203.0.113.7:443", "::ffff:203.0.113.7")


@pytest.mark.parametrize("text", LISTS[3:])
def test_an_example_is_short_and_commands_nothing(tmp_path: Path, text: str) -> None:
    _, sentence = addressed(tmp_path, "jsonl", text)["shared_address"]
    example = sentence.partition("such as ")[2]
    assert len(example) <= 64
    assert example.isprintable()
    assert example.startswith(f"`{text[:4]}" if len(text) < 40 else "`…999")


def test_proxies_of_the_providers_own_are_passed_over() -> None:
    counter = AddressCounter(1)
    batch = pa.RecordBatch.from_pydict({"address": ["8.8.8.8, unknown", "unknown", "9.9.9.9, 8.8.8.8"]})
    (counted,) = counter(iter([batch]), 1)
    assert counted.to_pylist() == [{"given": 3, "unusable": 1, "example": "unknown"}]


def test_evidence_sources_name_columns_that_exist() -> None:
    for source in EVIDENCE_SOURCES:
        assert set(source.needs) <= set(source.table.names)
        assert set(source.sketched) <= set(EXCHANGE_SKETCHES.names)


def test_the_summary_prints_everything_as_plain_text(tmp_path: Path) -> None:
    (tmp_path / "log.jsonl").write_text(
        '{"[bold]x":1,"exchange_id":"e","account_id":"a","started_at":"2026-05-01"}\n{\n'
    )
    _, summary = read_in(tmp_path, [tmp_path / "log.jsonl"])
    console = Console(record=True, width=200, file=(tmp_path / "out").open("w"))
    render(summary, console, 0.01)
    text = console.export_text()
    assert "2 rows read: 1 used, 0 duplicate, 1 quarantined" in text
    assert "truncated_json: 1" in text
    assert "'[bold]x'" in text
    assert text.count("off ") >= 10
