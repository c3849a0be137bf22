"""Writes a reference case part by part; parts that an earlier, interrupted run finished are used again."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from bench.measure import say
from bench.reference_case import identifiers, parts, registrations, truths
from bench.reference_case.campaign import known_words, write_campaign
from bench.reference_case.drafts import Replica
from bench.reference_case.drawn import Drawn, draw_campaign, draw_people
from bench.reference_case.parts import Done, Work
from bench.reference_case.pool import Pool, load_pool
from bench.reference_case.replicas import Times, draw_replica, write_replica
from bench.reference_case.sizes import Size
from bench.reference_case.texts import sketched
from bench.reference_case.wordings import Words
from bench.worlds import recipe_digest
from stillwatch_lab.benchmark.cost import peak_bytes
from stillwatch_lab.worlds import truth
from stillwatch_lab.worlds.population.registrations import accounts_table

PART_ROWS = 240_000  # rows of a part with texts; an interruption costs at most a minute's work
_WRITERS = (
    *("campaign", "drafts", "drawn", "identifiers", "parts", "pool", "registrations", "replicas", "sizes"),
    *("spread", "texts", "truths", "values", "wordings", "world"),
)


@dataclass(frozen=True, slots=True)
class Plan:
    """The size, seed and prompts of the world to write, and its folder."""

    size: Size
    seed: int
    prompts: Path | None
    folder: Path
    processes: int = 2

    @property
    def exchanges(self) -> Path:
        """The folder of the parts of sketches."""
        return self.folder / "exchanges"

    def part(self, table: str, number: int) -> Path:
        """The path of one part."""
        return parts.folder(self.folder / table) / f"part-{number:05}.parquet"


def plan_of(out: Path, size: Size, seed: int, prompts: Path | None, processes: int) -> Plan:
    """The plan for a world inside `out`; its folder's name depends on everything that its bytes depend on."""
    digest = hashlib.sha256(recipe_digest(prompts).encode())
    here = Path(__file__).parent
    for path in (here / "reference_case.toml", *(here / f"{name}.py" for name in _WRITERS)):
        digest.update(path.read_bytes())
    return Plan(size, seed, prompts, out / f"world-{size.scale}-{seed}-{digest.hexdigest()[:8]}", processes)


def is_whole(plan: Plan) -> bool:
    """True if the world exists and is complete."""
    return (plan.folder / "world.json").is_file() and (plan.folder / "truth" / "world.json").is_file()


def write(plan: Plan) -> Done:
    """Writes the missing parts of the world."""
    if is_whole(plan):
        return Done(kept=len(list(plan.exchanges.glob("*.parquet"))))
    pool_parts, people, first = _write_pool(plan)
    campaign_parts, campaign, second = _write_campaign(plan, people["rows"])
    third = _write_replicas(plan, pool_parts, Times(*people["times"]), known_words(campaign_parts[0]))
    truths.write(plan.folder, campaign, campaign_parts, _described(plan, people, campaign))
    (plan.folder / "world.json").write_text(json.dumps(_described(plan, people, campaign), indent=1) + "\n")
    for made_of in ("pool", "truths"):
        shutil.rmtree(plan.folder / made_of)
    return first + second + third + Done(peak_bytes=peak_bytes())


def _write_pool(plan: Plan) -> tuple[list[Path], dict[str, Any], Done]:
    pool = parts.folder(plan.folder / "pool")

    def tables(drawn: Drawn) -> dict[str, Any]:
        world = drawn.decided.world
        pq.write_table(accounts_table(world), pool / "accounts.parquet")
        pq.write_table(truth.permits_table(world), pool / "permits.parquet")
        truth.write_truth(drawn.decided, pool / "truth", plan.seed)
        times = Times.of(world.span.begins, world.span.days, world.span.release)
        return {"times": [times.begins, times.ends, times.release]}

    def part(drawn: Drawn, span: tuple[int, int], path: Path) -> int:
        return parts.write_table(path, sketched(drawn, *span))

    return _draw(plan, "people", partial(draw_people, plan.size, plan.seed, plan.prompts), (tables, part, "pool", 0))


def _write_campaign(plan: Plan, people_rows: int) -> tuple[list[Path], dict[str, Any], Done]:
    homes = [identifiers.replica_key(plan.seed, number) for number in range(plan.size.replicas)]
    first = people_rows * plan.size.replicas

    def tables(drawn: Drawn) -> dict[str, Any]:
        world = drawn.decided.world
        pq.write_table(accounts_table(world), plan.part("accounts", plan.size.replicas))
        return truths.facts(drawn.decided)

    def part(drawn: Drawn, span: tuple[int, int], path: Path) -> int:
        return write_campaign(path, drawn, span, first, homes)

    draw = partial(draw_campaign, plan.size, plan.seed, plan.prompts)
    return _draw(plan, "campaign", draw, (tables, part, "exchanges", plan.size.replicas))


Writing = tuple[
    Callable[[Drawn], dict[str, Any]],
    Callable[[Drawn, tuple[int, int], Path], int],
    str,
    int,
]
"""Functions that write a drawn world's tables and one part; the parts' folder, and the number of the first."""


def _draw(plan: Plan, name: str, draw: Callable[[], Drawn], how: Writing) -> tuple[list[Path], dict[str, Any], Done]:
    """Draws a world unless all its parts exist, and writes the missing ones; returns its parts and facts."""
    tables, part, folder, begin = how
    noted = plan.folder / f".{name}.json"
    facts = json.loads(noted.read_text(encoding="utf-8")) if noted.is_file() else None
    paths = [] if facts is None else _paths(plan, folder, begin, facts["rows"])
    if facts is not None and all(parts.marker(path) for path in paths):
        return paths, facts, Done(kept=len(paths))
    say(f"{name}: drawing")
    drawn = draw()
    rows = len(drawn.order)
    paths = _paths(plan, folder, begin, rows)
    facts = {"rows": rows, **tables(drawn)}
    noted.write_text(json.dumps(facts) + "\n", encoding="utf-8")
    spans = [(at, min(at + PART_ROWS, rows)) for at in range(0, rows, PART_ROWS)]
    work = [Work(path, partial(part, drawn, span)) for path, span in zip(paths, spans, strict=True)]
    return paths, facts, parts.make(work, plan.processes)


def _paths(plan: Plan, folder: str, begin: int, rows: int) -> list[Path]:
    return [plan.part(folder, begin + number) for number in range(-(-rows // PART_ROWS))]


def _write_replicas(plan: Plan, pool_parts: list[Path], times: Times, known: Words) -> Done:
    numbers = range(plan.size.replicas)
    wanted = [
        plan.part(table, number) for table in ("exchanges", "accounts", "permits", "truths") for number in numbers
    ]
    if all(parts.marker(path) for path in wanted):
        return Done(kept=len(wanted))
    say("replicas: loading the people")
    pool = load_pool(plan.folder / "pool", pool_parts)
    replicas = [draw_replica(pool, times, plan.seed, number) for number in numbers]
    work = [Work(plan.part("exchanges", one.number), partial(_replica, pool, one, known)) for one in replicas]
    for table, made in (
        ("accounts", registrations.accounts_of),
        ("permits", registrations.permits_of),
        ("truths", registrations.truth_of),
    ):
        work += [Work(plan.part(table, one.number), partial(_registration, made, pool, one)) for one in replicas]
    return parts.make(work, plan.processes)


def _replica(pool: Pool, replica: Replica, known: Words, path: Path) -> int:
    return write_replica(path, pool, replica, known)


def _registration(made: Callable[[Pool, Replica], pa.Table], pool: Pool, replica: Replica, path: Path) -> int:
    return parts.write_table(path, made(pool, replica))


def _described(plan: Plan, people: dict[str, Any], campaign: dict[str, Any]) -> dict[str, object]:
    return {
        "scale": plan.size.scale,
        "seed": plan.seed,
        "prompts": str(plan.prompts) if plan.prompts else "our own",
        "accounts": plan.size.accounts,
        "exchanges": people["rows"] * plan.size.replicas + campaign["rows"],
        "copies": plan.size.replicas,
        "people": plan.size.people,
        "people_exchanges": people["rows"],
        "campaign": campaign,
    }
