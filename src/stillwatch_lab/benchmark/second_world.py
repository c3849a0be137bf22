"""Worlds of a second generator, written by other people: its script is run as it is, and its truth put into our form.

The script takes `--out`, `--seed` and `--scale`, and writes `exchanges/`, `accounts.parquet`, `permits.parquet` and a
folder `truth` with the files `truth_accounts`, `truth_members`, `truth_campaigns` and `truth_exchanges`.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from stillwatch.errors import InputError, RunError, reason_of

CAMPAIGN, PEOPLE = "campaign", ("organic", "popular_tool")
APART = ("campaign_idle", "harvest", "licensed_beyond")
"""Kinds that are neither wrongly accused nor missed: accounts in an operator's network that were never used, relays
that only keep words, and licensees outside their permit."""
_TARGETS = pa.map_(pa.string(), pa.float64())


def build_second(script: Path, seed: int, scale: str, out: Path) -> None:
    """Runs the script and translates the truth; raises RunError when it fails, InputError for a truth of other form."""
    command = [sys.executable, str(script), "--out", str(out), "--seed", str(seed), "--scale", scale]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RunError(f"the second generator failed with seed {seed}: {done.stderr.strip()[-500:]}")
    translate(out / "truth")


def translate(truth: Path) -> None:
    """Writes `accounts`, `exchanges`, `campaigns` and `parts` of our form beside the generator's own truth files."""
    try:
        accounts = pq.read_table(truth / "truth_accounts.parquet")
        campaigns = pq.read_table(truth / "truth_campaigns.parquet")
        members = pq.read_table(truth / "truth_members.parquet")
        exchanges = pq.read_table(truth / "truth_exchanges.parquet").filter(pc.not_equal(pc.field("part"), ""))
        seed = json.loads((truth / "world.json").read_text(encoding="utf-8"))["seed"]
        campaigns, members, exchanges = (_numbered(table, seed) for table in (campaigns, members, exchanges))
        made = {
            "accounts": _accounts(accounts, members, campaigns),
            "exchanges": _exchanges(exchanges),
            "campaigns": _campaigns(campaigns),
            "parts": exchanges.filter(pc.not_equal(pc.field("part"), "extraction")).select(
                ["exchange_id", "account_id", "part"]
            ),
        }
    except (OSError, KeyError, ValueError) as error:
        raise InputError(f"`{truth}` is no truth of the second generator ({reason_of(error)})") from error
    for name, table in made.items():
        pq.write_table(table, truth / f"{name}.parquet", compression="zstd")


def _numbered(table: pa.Table, seed: int) -> pa.Table:
    """The table with the seed before each campaign's name, since the names are the same in all seeds."""
    named = _named(table["campaign"])
    whole = pc.binary_join_element_wise(pa.scalar(str(seed)), named, "-")
    return table.set_column(table.schema.get_field_index("campaign"), "campaign", whole)


def _accounts(accounts: pa.Table, members: pa.Table, campaigns: pa.Table) -> pa.Table:
    """The kind of a campaign's account is the profile of the first campaign that it worked for, as in our own truth."""
    kind = accounts["kind"]
    guilty, apart, person = (pc.is_in(kind, pa.array(names, kind.type)) for names in ((CAMPAIGN,), APART, PEOPLE))
    ordered = members.sort_by([("account_id", "ascending"), ("campaign", "ascending")])
    place = pc.index_in(accounts["account_id"], ordered["account_id"].combine_chunks())
    campaign = pc.if_else(guilty, ordered["campaign"].take(place), pa.scalar(None, pa.string()))
    # An account of the operator's that worked for no campaign was never used.
    apart = pc.or_(apart, pc.and_(guilty, pc.is_null(campaign)))
    rung = campaigns["rung"].take(pc.index_in(campaign, campaigns["campaign"].combine_chunks()))
    role = pc.if_else(person, "organic", "innocent")
    return pa.table(
        {
            "account_id": accounts["account_id"],
            "role": pc.if_else(apart, "apart", pc.if_else(guilty, "campaign", role)),
            "kind": pc.coalesce(rung, pc.if_else(person, "person", kind)),
            "group_id": _named(accounts["network"]),
            "campaign_id": campaign,
        }
    )


def _exchanges(exchanges: pa.Table) -> pa.Table:
    mine = exchanges.filter(pc.field("campaign").is_valid())
    return pa.table(
        {
            "exchange_id": mine["exchange_id"],
            "account_id": mine["account_id"],
            "campaign_id": mine["campaign"],
            "started_at": _plain_time(mine["started_at"]),
        }
    )


def _campaigns(campaigns: pa.Table) -> pa.Table:
    targets = [sorted(json.loads(text or "{}").items()) for text in campaigns["targets"].to_pylist()]
    return pa.table(
        {
            "campaign_id": campaigns["campaign"],
            **{name: campaigns[name] for name in ("rung", "accounts", "exchanges")},
            **{name: _plain_time(campaigns[name]) for name in ("first_seen", "last_seen")},
            "targets": pa.array(targets, _TARGETS),
        }
    )


def _named(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """The column with empty texts as null."""
    return pc.if_else(pc.equal(column, ""), pa.scalar(None, pa.string()), column)


def _plain_time(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Times in UTC without a zone, as in our logs."""
    return column.cast(pa.timestamp("us", "UTC")).cast(pa.timestamp("us"))
