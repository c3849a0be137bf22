"""What each method sees of each kind of account: `python -m bench.power [PROMPTS_DIR] [--seeds 1 2 3]`.

Builds the world `bench/ladder.toml` of each seed (every rung, every innocent), runs the line up to the assessment and
prints memory by kind, who is linked and accused, the tests of every group, and what was glued. The method pages quote
these tables.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from scipy.stats import rankdata

from bench.measure import machine, say
from bench.worlds import TEXT_COLUMNS, prompt_folder
from stillwatch import assess, flow, group, link, read, sketch
from stillwatch.engine import Engine, Query, literal
from stillwatch.engine.duckdb import DuckDBEngine
from stillwatch.lab.build import build
from stillwatch.lab.demo import job_of
from stillwatch.link.memory import MINIMUM_OPENINGS
from stillwatch.link.persons import FLOOR
from stillwatch.records.outputs import LEVELS

Float = NDArray[np.float64]
Rows = list[dict[str, Any]]

RECIPE = Path(__file__).parent / "ladder.toml"
STAGES = (read, sketch, link, group, assess)
OFTEN = 10  # openings from which memory says much
WIDTH = 160  # of the tables where no terminal says how wide it is
MISSING = {"accounts": ("accounts",), "text": TEXT_COLUMNS, "addresses": ("client_address",)}


def main(words: Sequence[str]) -> None:
    """Prints the tables of the command line's worlds, pooled over seeds."""
    options = arguments(words)
    prompts = prompt_folder(options.prompts)
    accounts: Rows = []
    tests: Rows = []
    glued: Rows = []
    for seed in options.seeds:
        with tempfile.TemporaryDirectory(prefix="stillwatch-power-") as folder:
            found = measured(Path(folder), seed, (options.accounts, options.exchanges), prompts, options.missing)
        accounts += found[0]
        tests += found[1]
        glued += [{"seed": seed, **row} for row in found[2]]
        say(f"seed {seed}: {len(found[0]):,} accounts")
    console = Console(width=None if sys.stdout.isatty() else WIDTH)
    for table in (memory_table(accounts), level_table(accounts), test_table(tests), glued_table(glued)):
        console.print(table)
    drawn = "our own prompts" if prompts is None else f"prompts of `{prompts.name}`"
    console.print(f"{options.accounts:,} accounts, {options.exchanges:,} exchanges, seeds {options.seeds}, {drawn}")
    console.print(", ".join(f"{name} {value}" for name, value in machine().items()))


def arguments(words: Sequence[str]) -> argparse.Namespace:
    """The command line as values."""
    parser = argparse.ArgumentParser(prog="python -m bench.power", description=__doc__)
    parser.add_argument("prompts", nargs="?", type=Path, help="a folder of prompt files to make worlds from")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--accounts", type=int, default=20_000)
    parser.add_argument("--exchanges", type=int, default=700_000)
    parser.add_argument("--missing", choices=MISSING, help="what the provider's logs lack")
    return parser.parse_args(words)


def measured(
    folder: Path, seed: int, size: tuple[int, int], prompts: Path | None, missing: str | None
) -> tuple[Rows, Rows, Rows]:
    """Accounts with their truth and what was said of them, tests of every candidate, campaigns of several groups."""
    recipe = folder / "ladder.toml"
    dropped = list(MISSING[missing]) if missing else []
    recipe.write_text(f"drop_columns = {json.dumps(dropped)}\n{RECIPE.read_text(encoding='utf-8')}", encoding="utf-8")
    build(recipe, seed, *size, prompts, folder / "world")
    job = job_of(folder / "world")
    with DuckDBEngine(job.settings.engine, folder) as engine:
        flow.run(STAGES, engine, job)
        truth = f"read_parquet({literal(str(folder / 'world' / 'truth' / 'accounts.parquet'))})"
        return _accounts(engine, truth), _tests(engine, truth), _glued(engine, truth)


def _accounts(engine: Engine, truth: str) -> Rows:
    sql = f"""
SELECT account_id, truth.kind, evidence.openings,
  evidence.within_similarity AS within, evidence.between_similarity AS between, evidence.memoryless_bits AS bits,
  count(DISTINCT members.network_id) > 0 AS linked, list(DISTINCT accused.level) AS levels
FROM {truth} AS truth
JOIN account_evidence AS evidence USING (account_id)
LEFT JOIN network_members AS members USING (account_id)
LEFT JOIN campaign_members AS accused USING (account_id)
GROUP BY ALL"""
    found: Rows = engine.fetch(Query("accounts", sql)).to_pylist()
    return found


def _tests(engine: Engine, truth: str) -> Rows:
    """Tests of candidates, each candidate by the kind of most of its members."""
    sql = f"""
WITH kinds AS (
  SELECT candidate_id, mode(truth.kind) AS kind
  FROM candidate_members JOIN {truth} AS truth USING (account_id) GROUP BY candidate_id
)
SELECT kinds.kind, tests.* FROM group_tests AS tests JOIN kinds USING (candidate_id)"""
    found: Rows = engine.fetch(Query("tests", sql)).to_pylist()
    return found


def _glued(engine: Engine, truth: str) -> Rows:
    """Accounts and true groups of each kind in the campaigns that hold more than one group."""
    sql = f"""
WITH held AS (
  SELECT members.campaign_id, campaigns.level, truth.kind, coalesce(truth.group_id, account_id) AS one
  FROM campaign_members AS members
  JOIN campaigns USING (campaign_id)
  JOIN {truth} AS truth USING (account_id)
)
SELECT campaign_id, level, kind, count(DISTINCT one) AS groups, count(*) AS accounts
FROM held
SEMI JOIN (
  SELECT campaign_id FROM held GROUP BY campaign_id HAVING count(DISTINCT one) > 1
) AS mixed USING (campaign_id)
GROUP BY campaign_id, level, kind ORDER BY campaign_id, kind"""
    found: Rows = engine.fetch(Query("glued campaigns", sql)).to_pylist()
    return found


def auc(higher: Float, lower: Float) -> float:
    """Chance that a draw of `higher` exceeds one of `lower`, ties counted half."""
    if len(higher) == 0 or len(lower) == 0:
        return float("nan")
    ranks = rankdata(np.concatenate([higher, lower]))[: len(higher)]
    return float((ranks.sum() - len(higher) * (len(higher) + 1) / 2) / (len(higher) * len(lower)))


def memory_table(accounts: Rows) -> Table:
    """Within over between similarity by kind, and how well it tells the kind from people (also at 10 openings)."""
    shown = _table(
        "memory: similarity to itself over that to its five likest", "kind accounts said p10 median p90 AUC AUC_10"
    )
    shown.add_column("bits > 0", justify="right")
    kinds = _by_kind(accounts)
    people = _ratios(kinds["person"])
    for kind, rows in kinds.items():
        own = _ratios(rows)
        said = [row for row in rows if row["openings"] >= MINIMUM_OPENINGS]
        quantiles = [f"{x:.2f}" for x in np.quantile(own, [0.1, 0.5, 0.9])] if len(own) else ["-"] * 3
        told = auc(people, own)
        positive = sum(row["bits"] > 0 for row in said) / max(1, len(said))
        often = auc(_ratios(kinds["person"], OFTEN), _ratios(rows, OFTEN))
        cells = (*quantiles, f"{told:.2f}", f"{often:.2f}", f"{positive:.0%}")
        shown.add_row(kind, f"{len(rows):,}", f"{len(own):,}", *cells)
    return shown


def level_table(accounts: Rows) -> Table:
    """Who is in a network, and who is accused how strongly."""
    shown = _table("linked and accused", "kind accounts linked act review watch")
    for kind, rows in _by_kind(accounts).items():
        linked = sum(row["linked"] for row in rows) / len(rows)
        highest = [next((level for level in LEVELS if level in (row["levels"] or [])), None) for row in rows]
        counts = [f"{highest.count(level):,}" for level in LEVELS]
        shown.add_row(kind, f"{len(rows):,}", f"{linked:.1%}", *counts)
    return shown


def test_table(tests: Rows) -> Table:
    """Median bits of every test over the candidates of each kind."""
    names = sorted({row["test"] for row in tests if row["bits"] != 0.0})
    shown = _table("median bits of the tests, by the kind of most members", "kind candidates " + " ".join(names))
    for kind, rows in _by_kind(tests).items():
        cells = []
        for name in names:
            own = [row["bits"] for row in rows if row["test"] == name and row["statistic"] != -1.0]
            cells.append(f"{np.median(own):+.1f}" if own else "-")
        shown.add_row(kind, str(len({row["candidate_id"] for row in rows})), *cells)
    return shown


def glued_table(glued: Rows) -> Table:
    """Campaigns that are really several groups."""
    shown = _table("campaigns made of several true groups", "campaign seed level kind groups accounts")
    for row in glued:
        shown.add_row(*(str(row[name]) for name in ("campaign_id", "seed", "level", "kind", "groups", "accounts")))
    return shown


def _ratios(rows: Rows, openings: int = MINIMUM_OPENINGS) -> Float:
    said = [row for row in rows if row["openings"] >= openings]
    return np.array([(row["within"] + FLOOR) / (row["between"] + FLOOR) for row in said])


def _by_kind(rows: Rows) -> dict[str, Rows]:
    kinds: dict[str, Rows] = {}
    for row in sorted(rows, key=lambda row: str(row["kind"])):
        kinds.setdefault(row["kind"], []).append(row)
    return kinds


def _table(title: str, columns: str) -> Table:
    shown = Table(title=title, title_justify="left")
    first, *others = columns.split()
    shown.add_column(first, no_wrap=True)
    for name in others:
        shown.add_column(name.replace("_", " "), justify="right")
    return shown


if __name__ == "__main__":
    main(sys.argv[1:])
