"""The first hours of a world of `bench.reference_case`, as a world that `live` plays: all of it would be too much."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

import duckdb


def lines(options: argparse.Namespace) -> Iterator[str]:
    """Writes the world and says what part of its campaigns' exchanges is in it; the clock starts at the first one."""
    world, into = options.world, options.into
    (into / "exchanges").mkdir(parents=True)
    (into / "truth").mkdir()
    with duckdb.connect() as database:
        first = "SELECT min(started_at) FROM read_parquet(?)"
        begin = database.execute(first, [f"{world}/exchanges/*.parquet"]).fetchone()
        early = f"started_at < TIMESTAMP '{begin[0] if begin else ''}' + INTERVAL {options.hours} HOUR"
        whole = f"{world}/truth/exchanges.parquet"
        of_campaigns = f"FROM read_parquet('{whole}') WHERE campaign_id IS NOT NULL"
        parts = {
            "exchanges/part-0.parquet": f"FROM read_parquet('{world}/exchanges/*.parquet') WHERE {early}",
            "accounts.parquet": f"FROM read_parquet('{world}/accounts/*.parquet')",
            "permits.parquet": f"FROM read_parquet('{world}/permits/*.parquet')",
            "truth/accounts.parquet": f"FROM read_parquet('{world}/truth/accounts.parquet')",
            "truth/exchanges.parquet": f"{of_campaigns} AND {early}",
        }
        for name, found in parts.items():
            database.execute(f"COPY (SELECT * {found}) TO '{into / name}' (FORMAT parquet)")
        counted = database.execute(f"SELECT count(*) FILTER (WHERE {early}), count(*) {of_campaigns}").fetchone()
    inside, every = counted or (0, 0)
    yield f"{into}: {inside:,} of the {every:,} exchanges of campaigns, {100 * inside / max(every, 1):.1f} %"
