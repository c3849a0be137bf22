"""Writes a world of the letter, part by part; parts that an earlier, interrupted writing finished are kept."""

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

from bench.letter import marks, papers, parts, truths
from bench.letter.campaign import known_words, write_campaign
from bench.letter.copies import Times, draw_copy, write_copy
from bench.letter.drafts import Copy
from bench.letter.drawn import Drawn, draw_campaign, draw_people
from bench.letter.parts import Done, Work
from bench.letter.pool import Pool, load_pool
from bench.letter.sizes import Size
from bench.letter.texts import sketched
from bench.letter.wordings import Words
from bench.measure import say
from bench.worlds import recipe_digest
from stillwatch_lab.benchmark.cost import peak_bytes
from stillwatch_lab.worlds import truth
from stillwatch_lab.worlds.population import registrations

PART_ROWS = 240_000  # of a part whose texts are written: a minute's work at most is lost to an interruption
_WRITERS = (
    *("campaign", "copies", "drafts", "drawn", "dress", "marks", "papers", "parts", "pool", "sizes"),
    *("spread", "texts", "truths", "wordings", "world"),
)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be written, where."""

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
    """The plan for a world inside `out`; its folder's name stands for everything that decides its bytes."""
    digest = hashlib.sha256(recipe_digest(prompts).encode())
    here = Path(__file__).parent
    for path in (here / "letter.toml", *(here / f"{name}.py" for name in _WRITERS)):
        digest.update(path.read_bytes())
    return Plan(size, seed, prompts, out / f"world-{size.scale}-{seed}-{digest.hexdigest()[:8]}", processes)


def is_whole(plan: Plan) -> bool:
    """Whether the world is there, complete."""
    return (plan.folder / "world.json").is_file() and (plan.folder / "truth" / "world.json").is_file()


def write(plan: Plan) -> Done:
    """Writes what is missing of the world."""
    if is_whole(plan):
        return Done(kept=len(list(plan.exchanges.glob("*.parquet"))))
    pool_parts, people, first = _write_pool(plan)
    campaign_parts, campaign, second = _write_campaign(plan, people["rows"])
    third = _write_copies(plan, pool_parts, Times(*people["times"]), known_words(campaign_parts[0]))
    truths.write(plan.folder, campaign, campaign_parts, _described(plan, people, campaign))
    (plan.folder / "world.json").write_text(json.dumps(_described(plan, people, campaign), indent=1) + "\n")
    for made_of in ("pool", "truths"):
        shutil.rmtree(plan.folder / made_of)
    return first + second + third + Done(peak_bytes=peak_bytes())


def _write_pool(plan: Plan) -> tuple[list[Path], dict[str, Any], Done]:
    pool = parts.folder(plan.folder / "pool")

    def tables(drawn: Drawn) -> dict[str, Any]:
        world = drawn.script.world
        pq.write_table(registrations.accounts_table(world), pool / "accounts.parquet")
        pq.write_table(truth.permits_table(world), pool / "permits.parquet")
        truth.write_truth(drawn.script, pool / "truth", plan.seed)
        times = Times.of(world.span.begins, world.span.days, world.span.release)
        return {"times": [times.begins, times.ends, times.release]}

    def part(drawn: Drawn, span: tuple[int, int], path: Path) -> int:
        return parts.write_table(path, sketched(drawn, *span))

    return _draw(plan, "people", partial(draw_people, plan.size, plan.seed, plan.prompts), (tables, part, "pool", 0))


def _write_campaign(plan: Plan, people_rows: int) -> tuple[list[Path], dict[str, Any], Done]:
    homes = [marks.copy_key(plan.seed, number) for number in range(plan.size.copies)]
    first = people_rows * plan.size.copies

    def tables(drawn: Drawn) -> dict[str, Any]:
        world = drawn.script.world
        pq.write_table(registrations.accounts_table(world), plan.part("accounts", plan.size.copies))
        return truths.facts(drawn.script)

    def part(drawn: Drawn, span: tuple[int, int], path: Path) -> int:
        return write_campaign(path, drawn, span, first, homes)

    draw = partial(draw_campaign, plan.size, plan.seed, plan.prompts)
    return _draw(plan, "campaign", draw, (tables, part, "exchanges", plan.size.copies))


Writing = tuple[
    Callable[[Drawn], dict[str, Any]],
    Callable[[Drawn, tuple[int, int], Path], int],
    str,
    int,
]
"""What writes a drawn world's tables and says its facts, what writes a part; into which folder, from which number."""


def _draw(plan: Plan, name: str, draw: Callable[[], Drawn], how: Writing) -> tuple[list[Path], dict[str, Any], Done]:
    """Draws a world unless all of its parts are there, writes those that are missing; its parts and facts."""
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


def _write_copies(plan: Plan, pool_parts: list[Path], times: Times, known: Words) -> Done:
    numbers = range(plan.size.copies)
    wanted = [
        plan.part(table, number) for table in ("exchanges", "accounts", "permits", "truths") for number in numbers
    ]
    if all(parts.marker(path) for path in wanted):
        return Done(kept=len(wanted))
    say("copies: loading the people")
    pool = load_pool(plan.folder / "pool", pool_parts)
    copies = [draw_copy(pool, times, plan.seed, number) for number in numbers]
    work = [Work(plan.part("exchanges", one.number), partial(_copy, pool, one, known)) for one in copies]
    for table, made in (
        ("accounts", papers.accounts_of),
        ("permits", papers.permits_of),
        ("truths", papers.truth_of),
    ):
        work += [Work(plan.part(table, one.number), partial(_paper, made, pool, one)) for one in copies]
    return parts.make(work, plan.processes)


def _copy(pool: Pool, copy: Copy, known: Words, path: Path) -> int:
    return write_copy(path, pool, copy, known)


def _paper(made: Callable[[Pool, Copy], pa.Table], pool: Pool, copy: Copy, path: Path) -> int:
    return parts.write_table(path, made(pool, copy))


def _described(plan: Plan, people: dict[str, Any], campaign: dict[str, Any]) -> dict[str, object]:
    return {
        "scale": plan.size.scale,
        "seed": plan.seed,
        "prompts": str(plan.prompts) if plan.prompts else "our own",
        "accounts": plan.size.accounts,
        "exchanges": people["rows"] * plan.size.copies + campaign["rows"],
        "copies": plan.size.copies,
        "people": plan.size.people,
        "people_exchanges": people["rows"],
        "campaign": campaign,
    }
