"""The benchmark command: it measures every seed, pools the results, writes JSON and a page, and prints tables."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

from rich.console import Console

import stillwatch
from stillwatch_lab.benchmark import (
    page,
    sections_beside,
    sections_found,
    sections_second,
    sections_truth,
    tables,
)
from stillwatch_lab.benchmark.beside import names
from stillwatch_lab.benchmark.cost import machine
from stillwatch_lab.benchmark.document import Document, Section
from stillwatch_lab.benchmark.plan import EXCHANGES, MAIN, Plan
from stillwatch_lab.benchmark.pooled import Pool, Row, pools
from stillwatch_lab.benchmark.seed import SECOND, Say, measure_seed
from stillwatch_lab.benchmark.targets import RECALL, targets
from stillwatch_lab.worlds.kinds import KINDS
from stillwatch_lab.worlds.recipe import load_recipe

# Seconds of steps at full size on 2 idle cores, for a forecast before the first seed is measured.
BUILD_SECONDS, FIRST_SECONDS, VARIANT_SECONDS, BASELINE_SECONDS, SECOND_SECONDS = 180.0, 130.0, 75.0, 60.0, 700.0
START_SECONDS = 4.0  # of a step at any size: the start of a process, its imports and compiled kernels

_MISSING = (
    "Missing columns",
    "The same worlds without columns that many logs lack. Recall may be lower, but no more innocents may be accused.",
)
_ABLATION = (
    "Without each sort of evidence",
    "The same scan with one sort of evidence switched off, which shows the value of that evidence.",
)


def run(plan: Plan, console: Console, say: Say) -> Document:
    """Makes the missing measurements, prints the tables, and writes `benchmark.json`, `.html`, `.txt`.

    Raises UsageError for a bad recipe, InputError for bad prompts, WorkFailedError when a step fails.
    """
    load_recipe(plan.world, frozenset(KINDS))  # mistakes in the recipe are reported before hours of work
    if plan.second is not None and not plan.second.is_file():
        say(f"worlds of the second generator are left out: there is no script `{plan.second}`")
        plan = replace(plan, second=None)
    plan.out.mkdir(parents=True, exist_ok=True)
    say(
        f"about {forecast(plan) / 60:.0f} minutes for {len(plan.seeds)} seeds on 2 cores, less what is finished already"
    )
    found: list[Row] = []
    began = time.perf_counter()
    for done, seed in enumerate(plan.seeds, start=1):
        found.append(measure_seed(plan, seed, say))
        spent = time.perf_counter() - began
        left = spent / done * (len(plan.seeds) - done)
        say(f"seed {seed} done, {done} of {len(plan.seeds)}; about {left / 60:.0f} minutes left")
    document = assemble(plan, found)
    publish(document, plan.out)
    tables.render(document, console)
    return document


def forecast(plan: Plan) -> float:
    """Seconds that the plan takes on 2 cores, from figures measured at full size."""
    variants, baselines = len(plan.variants) - 1, len(names()) if plan.baselines else 0
    full = BUILD_SECONDS + FIRST_SECONDS + variants * VARIANT_SECONDS + baselines * BASELINE_SECONDS
    full += SECOND_SECONDS if plan.second is not None else 0.0
    steps = 4 + 2 * variants + baselines  # build, scan, score and an oracle; scan and score; a baseline
    return len(plan.seeds) * (full * plan.exchanges / EXCHANGES + steps * START_SECONDS)


def assemble(plan: Plan, seeds: Sequence[Row]) -> Document:
    """The document of the measurements `seeds`, one record per seed in the plan's order."""
    named = [
        {name: {**record, "seed": seed} for name, record in found.items()}
        for seed, found in zip(plan.seeds, seeds, strict=True)
    ]
    pooled = pools(named, [variant.name.replace(" ", "-") for variant in plan.variants])
    prompts = "our own" if plan.prompts is None else f"those of the folder named {plan.prompts.name}"
    return Document(
        version=stillwatch.__version__,
        machine=machine(),
        world=Path(plan.world).stem,
        seeds=plan.seeds,
        accounts=plan.accounts,
        exchanges=plan.exchanges,
        prompts=prompts,
        command=_command(plan),
        targets=targets(pooled, named),
        sections=_sections(pooled, named),
    )


def _sections(pooled: dict[str, Pool], seeds: Sequence[Row]) -> tuple[Section, ...]:
    complete = pooled[MAIN]
    found = [
        sections_found.recall_section(complete, RECALL),
        sections_found.innocents_section(complete),
        sections_found.time_section(complete),
        sections_beside.patient_section(complete, seeds),
        sections_truth.campaigns_section(complete),
        sections_truth.exchanges_section(complete),
        sections_truth.probabilities_section(complete),
        sections_truth.labels_section(complete),
        sections_beside.relay_section(complete),
    ]
    for name, mark, title, lead in (("missing", "without-", *_MISSING), ("ablation", "-off", *_ABLATION)):
        others = {key: pool for key, pool in pooled.items() if mark in key}
        if others:
            found.append(sections_beside.variants_section(name, title, lead, {MAIN: complete, **others}))
    if any(name.startswith("baseline-") for name in seeds[0]):
        found.append(sections_beside.baselines_section(complete, seeds))
    if all(SECOND in seed for seed in seeds):
        found.insert(0, sections_second.second_section(complete, Pool(tuple(seed[SECOND] for seed in seeds))))
    return (*found, sections_beside.methods_section(complete), sections_beside.cost_section(seeds))


def publish(document: Document, out: Path) -> None:
    """Writes `benchmark.json`, `benchmark.html` and the tables as `benchmark.txt`."""
    record = json.dumps(asdict(document), indent=1, ensure_ascii=False, allow_nan=False)
    (out / "benchmark.json").write_text(record + "\n", encoding="utf-8")
    (out / "benchmark.html").write_text(page.render(document), encoding="utf-8")
    with (out / "benchmark.txt").open("w", encoding="utf-8") as file:
        tables.render(document, Console(file=file, width=160, highlight=False))


def _command(plan: Plan) -> str:
    words = [
        "stillwatch lab benchmark --seeds",
        *map(str, plan.seeds),
        f"--scale {plan.scale:g}",
        f"--world {Path(plan.world).name}",
    ]
    words += ["--missing", *plan.missing] if plan.missing else []
    words += [f"--second {plan.second.name}"] if plan.second is not None else []
    words += [f"--{name}" for name in ("ablate", "baselines") if getattr(plan, name)]
    return " ".join(words)
