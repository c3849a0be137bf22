"""Writes the truth of a reference case to the files that the lab's scores are computed against."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from bench.reference_case import parts
from stillwatch.errors import RunError
from stillwatch_lab.worlds import truth
from stillwatch_lab.worlds.draft import NONE, ROLES
from stillwatch_lab.worlds.log.files import DecidedWorld

_COLUMNS = ["exchange_id", "account_id", "started_at"]
_REPEATED = ["account_id", "campaign_id"]
_ZSTD = {"compression": "zstd", "compression_level": 9}


def facts(decided: DecidedWorld) -> dict[str, Any]:
    """The ids, targets, accounts and parameters of a drawn campaign, from which its truth is written.

    Raises RunError when some of its accounts' exchanges do not serve it.
    """
    world = decided.world
    if (truth.in_campaign(decided) == NONE).any() or len(world.campaigns) != 1 or len(world.groups) != 1:
        raise RunError("the recipe's campaign has exchanges that do not serve it; give its accounts nothing else to do")
    group = world.groups[0]
    return {
        "campaign_id": truth.campaign_ids(world)[0],
        "rung": world.campaigns[0].profile,
        "role": ROLES[group.role],
        "kind": group.kind,
        "group_id": truth.group_ids(world)[0],
        "targets": world.campaigns[0].targets,
        "accounts": decided.ids.take(pa.array(group.accounts)).to_pylist(),
        "parameters": group.parameters.drawn,
    }


def write(folder: Path, campaign: dict[str, Any], campaign_parts: Sequence[Path], about: dict[str, object]) -> None:
    """Writes `accounts`, `exchanges` (with their times), `campaigns` and `world.json` into the world's `truth`."""
    out = parts.folder(folder / "truth")
    seen = _write_exchanges(out / "exchanges.parquet", campaign["campaign_id"], campaign_parts)
    accounts = [pq.read_table(path) for path in sorted((folder / "truths").glob("part-*.parquet"))]
    accounts.append(_campaign_accounts(campaign, accounts[0].schema))
    pq.write_table(pa.concat_tables(accounts).sort_by("account_id"), out / "accounts.parquet", compression="zstd")
    row = {
        "campaign_id": campaign["campaign_id"],
        "rung": campaign["rung"],
        **seen,
        "targets": sorted(campaign["targets"].items()),
    }
    pq.write_table(pa.Table.from_pylist([row], schema=_campaigns_schema()), out / "campaigns.parquet")
    brief = {**about, "campaign": {name: value for name, value in campaign.items() if name != "accounts"}}
    (out / "world.json").write_text(json.dumps(brief, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def _campaigns_schema() -> pa.Schema:
    return pa.schema(
        [
            ("campaign_id", pa.string()),
            ("rung", pa.string()),
            ("accounts", pa.int64()),
            ("exchanges", pa.int64()),
            ("first_seen", pa.timestamp("us")),
            ("last_seen", pa.timestamp("us")),
            ("targets", pa.map_(pa.string(), pa.float64())),
        ]
    )


def _write_exchanges(path: Path, campaign: str, campaign_parts: Sequence[Path]) -> dict[str, object]:
    """Writes the campaign's exchanges; returns their number, the number of accounts, and first and last time."""
    schema = pa.schema([(name, pa.string()) for name in ("exchange_id", "account_id", "campaign_id")])
    schema = schema.append(pa.field("started_at", pa.timestamp("us")))
    rows, accounts, times = 0, set[str](), []
    with pq.ParquetWriter(path, schema, use_dictionary=_REPEATED, column_encoding=parts.COUNTED, **_ZSTD) as writer:
        for part in campaign_parts:
            found = pq.read_table(part, columns=_COLUMNS)
            rows += found.num_rows
            accounts.update(pc.unique(found["account_id"]).to_pylist())
            bounds = pc.min_max(found["started_at"]).as_py()
            times += [bounds["min"], bounds["max"]]
            named = found.append_column("campaign_id", pa.repeat(pa.scalar(campaign), found.num_rows))
            writer.write_table(named.select(schema.names).cast(schema))
    return {"accounts": len(accounts), "exchanges": rows, "first_seen": min(times), "last_seen": max(times)}


def _campaign_accounts(campaign: dict[str, Any], schema: pa.Schema) -> pa.Table:
    ids = campaign["accounts"]
    same = {
        name: pa.repeat(pa.scalar(campaign[name]), len(ids)) for name in ("role", "kind", "group_id", "campaign_id")
    }
    return pa.table({"account_id": pa.array(ids, pa.string()), **same}).select(schema.names).cast(schema)
