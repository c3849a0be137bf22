"""Builds, scans and scores a world with all kinds of innocents and one campaign profile, with or without an evasion."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from stillwatch import flow
from stillwatch.engine.duckdb import DuckDBEngine
from stillwatch.errors import Mistake, UsageError
from stillwatch.settings import EngineSettings, Settings
from stillwatch_lab.adversary.bill import Bill, bill_of
from stillwatch_lab.adversary.evasions import Evasion
from stillwatch_lab.scores.score import score
from stillwatch_lab.worlds.build import build
from stillwatch_lab.worlds.campaigns.profiles import PROFILES
from stillwatch_lab.worlds.job import job_of
from stillwatch_lab.worlds.kinds import KINDS
from stillwatch_lab.worlds.parameters import Value
from stillwatch_lab.worlds.recipe import Population, Recipe, load_recipe

ACCOUNTS, EXCHANGES = 100_000, 3_000_000  # at scale 1, as in the benchmark
LEAST = 100  # accounts of a profile at any scale
BENCHMARK = "benchmark"
HARVEST = "harvest"


@dataclass(frozen=True, slots=True)
class Conditions:
    """The conditions of every attempt: scale of the benchmark's size, folder of prompts, settings of the scans."""

    scale: float
    prompts: Path | None
    settings: Settings


@dataclass(frozen=True, slots=True)
class Outcome:
    """The scan of one world: the share of campaign accounts and the innocents at `act`, and the attacker's bill."""

    recall: float
    innocents: int
    bill: Bill
    drawn: dict[str, Value]  # the profile's parameters


def outcome(
    profile: str, evasion: Evasion | None, drawn: dict[str, Value], seed: int, conditions: Conditions
) -> Outcome:
    """Builds, scans and scores the profile's world of that seed, with the evasion if there is one.

    `drawn` holds the parameters that the profile drew without evasion; it is empty for the world without evasion.
    """
    with tempfile.TemporaryDirectory(prefix="stillwatch-adversary-") as folder:
        world, run = Path(folder) / "world", Path(folder) / "run"
        accounts = round(ACCOUNTS * conditions.scale)
        recipe = recipe_of(profile, evasion, drawn, accounts)
        build(recipe, seed, accounts, round(EXCHANGES * conditions.scale), conditions.prompts, world)
        flow.scan(replace(job_of(world), settings=conditions.settings), run)
        scores = score(run, world / "truth")
        with DuckDBEngine(EngineSettings(), Path(folder)) as engine:
            bill = bill_of(engine, world)
        found = sum(one.recall["act"] * one.accounts for one in scores.campaigns)
        true = sum(one.accounts for one in scores.campaigns)
        return Outcome(found / max(true, 1), scores.innocents["act"].accounts, bill, _drawn(world, profile))


def recipe_of(profile: str, evasion: Evasion | None, drawn: dict[str, Value], accounts: int) -> Recipe:
    """A recipe with the benchmark's innocents and one profile, whose key is fixed, so that nothing else is redrawn."""
    benchmark = load_recipe(BENCHMARK, frozenset(KINDS))
    own = next(entry for entry in benchmark.populations if entry.kind == profile)
    innocents = tuple(entry for entry in benchmark.populations if entry.kind not in (*PROFILES, HARVEST))
    # A group of fewer than 64 accounts can be a small firm's job, and would need no evasion.
    own = replace(own, share=0.0, count=max(LEAST, round(own.share * accounts)))
    # With a constant key, results of different versions are comparable.
    return replace(benchmark, key="drill", populations=(_evading(own, evasion, drawn), *innocents))


def _evading(own: Population, evasion: Evasion | None, drawn: dict[str, Value]) -> Population:
    if evasion is None:
        return own
    fixed = {**own.fixed, **evasion.fixed}
    for name, factor in evasion.times.items():
        value = drawn.get(name)
        if isinstance(value, bool) or not isinstance(value, int | float):
            remedy = f"multiply one of {', '.join(sorted(drawn))}"
            raise UsageError([Mistake(f"`times.{name}` of evasion `{evasion.name}`", "is no number there", remedy)])
        fixed[name] = value * factor
    return replace(own, count=round(own.count * evasion.accounts), fixed=fixed)


def _drawn(world: Path, profile: str) -> dict[str, Value]:
    groups = json.loads((world / "truth" / "world.json").read_text(encoding="utf-8"))["groups"]
    found: dict[str, Value] = next(group["parameters"] for group in groups if group["kind"] == profile)
    return found
