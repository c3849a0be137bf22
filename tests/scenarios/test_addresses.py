"""Addresses as gateways log them: written as lists they find the same, forged they change nothing, absent they argue
for nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from ipaddress import ip_address
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.scenarios.small_world import SmallWorld, acted_on, findings, memberships, rows

Rewriting = Callable[[int, str], str]


def listed(place: int, address: str) -> str:
    """One address in another spelling each time, with what a client and the provider's proxies add."""
    bracketed = f"[{address}]" if ip_address(address).version == 6 else address
    return (
        f"{address}, 10.0.0.2",
        f"198.51.100.{place % 7}, {bracketed}:{1024 + place % 9_000}, 10.0.0.2, fd00::{place % 9:x}",
        f'for=unknown, for="{bracketed}:_p{place}";proto=https, for=10.0.0.9',
        f'"{"9" * (place % 3_000)}, {address} ,192.168.7.7',
    )[place % 4]


def nowhere(place: int, _: str) -> str:
    return ("10.0.0.7", "unknown", "-", "8.8.8.8, _hidden", "[present]", "127.0.0.1, 10.0.0.2")[place % 6]


def forged(place: int, address: str) -> str:
    """An address that the client invents, anew in each request, ahead of its own."""
    return f"20.{place % 251}.{place // 251 % 251}.9, {address}"


def readdressed(table: pa.Table, column: str, rewrite: Rewriting, path: Path) -> Path:
    texts = [text and rewrite(place, text) for place, text in enumerate(table[column].to_pylist())]
    place = table.schema.get_field_index(column)
    pq.write_table(table.set_column(place, column, pa.array(texts, pa.string())), path)
    return path


def scanned(world: SmallWorld, folder: Path, rewrite: Rewriting) -> Path:
    return world.scan(
        folder / "run",
        exchanges=readdressed(world.exchanges, "client_address", rewrite, folder / "exchanges.parquet"),
        accounts=readdressed(world.accounts, "signup_address", rewrite, folder / "accounts.parquet"),
    )


@pytest.mark.parametrize("rewrite", [listed, forged])
def test_lists_of_addresses_find_what_addresses_find(
    world: SmallWorld, plain: Path, tmp_path: Path, rewrite: Rewriting
) -> None:
    found = scanned(world, tmp_path, rewrite)
    assert memberships(found) == memberships(plain)
    told, expected = findings(found), findings(plain)
    assert {name: told[name] for name in ("networks", "network_values", "evidence", "alternatives")} == {
        name: expected[name] for name in ("networks", "network_values", "evidence", "alternatives")
    }


def test_addresses_that_name_no_client_argue_for_nothing(world: SmallWorld, plain: Path, tmp_path: Path) -> None:
    found = scanned(world, tmp_path, nowhere)
    assert acted_on(found) <= set(world.accounts_of("letter"))
    absent = json.loads((found / "run.json").read_text())["channels_off"]
    assert "names a public address" in absent["shared_address"]
    claims = {row["claim"] for row in rows(found, "evidence")}
    of_places = {"spreads_over_networks", "sits_in_one_network"}
    assert of_places <= {row["claim"] for row in rows(plain, "evidence")}
    assert not of_places & claims
    shared = {row["claim"] for row in rows(found, "network_values")}
    assert not {claim for claim in shared if "address" in claim or "subnet" in claim}
    page = (found / "report.html").read_text(encoding="utf-8")
    assert "address range" not in page
