"""What clients write, what is permitted, what people judged and what is missing: none of it turns against innocents."""

from __future__ import annotations

import json
import random
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from stillwatch.records.inputs import JUDGEMENTS, PERMITS
from tests.scenarios.small_world import (
    SmallWorld,
    accused,
    acted_on,
    memberships,
    rewritten,
    rows,
    table_of,
    without,
)

HOSTILE = (
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "%s%n%x{0.__class__.__init__.__globals__}",
    "'; DROP TABLE exchanges; --",
    "\u202egnp.exe\u202c\u2066\u200b\ufeff",
    "\ud800 half a letter",
    "\x00\x1b[31mred\x07",
    "../../../../etc/passwd",
    "${jndi:ldap://x/y}=cmd|' /C calc'!A0",
    "[bold red]markup[/] {{ 7*7 }} {% raw %}",
    "",
)
STRINGS = (
    "channel",
    "request_model",
    "conversation_id",
    "operation",
    "client_address",
    "user_agent",
    "client_fingerprint",
    "device_id",
    "session_id",
    "finish_reason",
    "system_instructions",
    "input_text",
    "output_text",
)
TEXT = ("system_instructions", "input_text", "output_text")
ADDRESSES = ("client_address",)
VICTIMS = 25


def hostile(place: int, row: dict[str, Any]) -> dict[str, Any]:
    """The row with every column that a client supplies replaced, by another text in each."""
    words = {name: HOSTILE[(place + offset) % len(HOSTILE)] for offset, name in enumerate(STRINGS)}
    return {**row, **words, "tool_names": list(HOSTILE[place % 3 :]), "started_at": row["started_at"].isoformat()}


@pytest.fixture(scope="module")
def attacked(world: SmallWorld, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, set[str]]:
    """A run in which some people sent nothing but hostile text, and who they are."""
    home = tmp_path_factory.mktemp("hostile")
    victims = pa.array(world.accounts_of("person")[:VICTIMS])
    table = world.exchanges
    theirs = pc.is_in(table["account_id"], victims)
    (home / "exchanges").mkdir()
    pq.write_table(table.filter(pc.invert(theirs)), home / "exchanges" / "others.parquet")
    given = [hostile(place, row) for place, row in enumerate(table.filter(theirs).to_pylist())]
    given[0]["request_model"] = "m" * 1_000_000
    given[1]["input_text"] = "a" * 10_000_000
    given[2]["user_agent"] = "\u202e" * 100_000
    with (home / "exchanges" / "hostile.jsonl").open("w", encoding="ascii") as lines:
        lines.writelines(json.dumps(row) + "\n" for row in given)
    return world.scan(home / "run", exchanges=home / "exchanges"), set(victims.to_pylist())


def test_the_campaign_is_found_and_nobody_else_is_acted_on(world: SmallWorld, plain: Path) -> None:
    letter = set(world.accounts_of("letter"))
    assert acted_on(plain) <= letter
    assert len(acted_on(plain)) >= 0.9 * len(letter)


UNSEEN = ("\0", "\u200b", "\u00ad", "\u2060", "\ufe0f", "\U000e0061")


def test_a_campaign_that_writes_what_nobody_sees_into_its_texts_is_found_all_the_same(
    world: SmallWorld, plain: Path, tmp_path: Path
) -> None:
    """At other places in each text, so that no two would be alike if it counted."""
    letter, table, draw = set(world.accounts_of("letter")), world.exchanges, random.Random(7)
    texts = [
        text and "".join(one + draw.choice(UNSEEN) * (draw.random() < 0.2) for one in text)
        if account in letter
        else text
        for account, text in zip(table["account_id"].to_pylist(), table["input_text"].to_pylist(), strict=True)
    ]
    written = table.set_column(table.schema.get_field_index("input_text"), "input_text", pa.array(texts, pa.string()))
    path = rewritten(written, tmp_path / "unseen.parquet", lambda rows: rows)
    found = world.scan(tmp_path / "run", exchanges=path)
    assert json.loads((found / "run.json").read_text())["rows"]["quarantined"] == 0
    assert memberships(found) == memberships(plain)


def test_hostile_text_changes_nothing_for_anybody_else(attacked: tuple[Path, set[str]], plain: Path) -> None:
    run, victims = attacked
    assert not accused(plain) & victims
    assert memberships(run) == memberships(plain)
    keys = ("campaign_id", "exchange_id")
    assert [[row[key] for key in keys] for row in rows(run, "campaign_exchanges")] == [
        [row[key] for key in keys] for row in rows(plain, "campaign_exchanges")
    ]


def test_hostile_text_does_not_make_its_senders_a_network(attacked: tuple[Path, set[str]]) -> None:
    run, victims = attacked
    assert not accused(run) & victims


def test_every_hostile_row_is_accounted_for(attacked: tuple[Path, set[str]], world: SmallWorld) -> None:
    run, victims = attacked
    counted = json.loads((run / "run.json").read_text())["rows"]
    assert counted["read"] == counted["used"] + counted["duplicate"] + counted["quarantined"]
    other_files = world.accounts.num_rows + pq.read_metadata(world.folder / "permits.parquet").num_rows
    assert counted["read"] == world.exchanges.num_rows + other_files
    theirs = pc.sum(pc.is_in(world.exchanges["account_id"], pa.array(sorted(victims)))).as_py()
    assert 0 <= counted["quarantined"] <= theirs


def test_hostile_text_is_not_live_in_the_report(attacked: tuple[Path, set[str]]) -> None:
    shown = (attacked[0] / "report.html").read_text(encoding="utf-8")
    assert "<script>alert" not in shown
    assert "<img src=x" not in shown
    assert "\u202e" not in shown


def test_permits_for_its_organisation_and_keys_silence_the_campaign(world: SmallWorld, tmp_path: Path) -> None:
    members = world.accounts_of("letter")
    # a third say that they belong to the holder; the others hold permits of their own
    belong, alone = set(members[::3]), [member for member in members if member not in set(members[::3])]
    given = [
        {**row, "organisation_id": "lab"} if row["account_id"] in belong else row for row in world.accounts.to_pylist()
    ]
    accounts = table_of(tmp_path / "accounts.parquet", world.accounts.schema, given)
    terms = [{"permit_id": f"p-{holder}", "holder": holder, "purpose": "research"} for holder in ("lab", *alone)]
    permits = table_of(tmp_path / "permits.parquet", PERMITS.schema, terms)
    found = world.scan(tmp_path / "run", accounts=accounts, permits=permits)
    assert not accused(found) & set(members)
    assert "preferred" in {
        row["verdict"] for row in rows(found, "alternatives") if row["alternative"] == "is_permitted"
    }
    unpermitted = world.scan(tmp_path / "unpermitted", accounts=accounts)
    assert accused(unpermitted) & set(members), "the permits, not the organisation's name, have to silence it"


def test_judged_innocent_an_account_is_out_and_the_others_stay(world: SmallWorld, plain: Path, tmp_path: Path) -> None:
    cleared = sorted(acted_on(plain))[0]
    word = {"subject": cleared, "verdict": "innocent", "decided_by": "ann", "decided_at": datetime(2026, 5, 1)}
    judgements = table_of(tmp_path / "judgements.parquet", JUDGEMENTS.schema, [word])
    found = world.scan(tmp_path / "run", judgements=judgements)
    assert accused(found) == accused(plain) - {cleared}
    assert cleared not in {row["account_id"] for row in rows(found, "campaign_exchanges")}


@pytest.mark.parametrize("missing", ["accounts", "text", "addresses", "everything"])
def test_missing_columns_raise_no_innocent_to_act(world: SmallWorld, tmp_path: Path, missing: str) -> None:
    dropped = {"text": TEXT, "addresses": ADDRESSES, "everything": (*TEXT, *ADDRESSES)}.get(missing, ())
    exchanges = rewritten(world.exchanges, tmp_path / "exchanges.parquet", without(*dropped))
    tables = {"accounts": None} if missing in ("accounts", "everything") else {}
    found = world.scan(tmp_path / "run", exchanges=exchanges, **tables)
    assert acted_on(found) <= set(world.accounts_of("letter"))
    assert json.loads((found / "run.json").read_text())["channels_off"]
