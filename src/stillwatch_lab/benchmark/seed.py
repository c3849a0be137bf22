"""Measures one seed in resumable steps: builds the world, scans it from raw logs and from sketches, and scores."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stillwatch_lab.benchmark.blanked import SKETCHED_FROM, write_blanked
from stillwatch_lab.benchmark.cost import Cost, measured
from stillwatch_lab.benchmark.plan import (
    MAIN,
    Plan,
    Variant,
    baselines_mark,
    second_mark,
)

Row = dict[str, Any]
Say = Callable[[str], None]
CHILD = "stillwatch_lab.benchmark.child"
ORACLES = ("patient",)  # profiles that are also measured with the oracle
SECOND = "second"
"""The name of the measurement of the second generator's world."""
_BUILT = ".complete"


@dataclass(frozen=True, slots=True)
class Bench:
    """The measurement of one seed: its plan, its folders and files, and the function that reports progress."""

    plan: Plan
    seed: int
    say: Say

    @property
    def home(self) -> Path:
        """The folder of this seed's finished measurements, one JSON file each."""
        return self.plan.home(self.seed)

    @property
    def world(self) -> Path:
        """The folder of the built world, which is large and removed when all measurements are done."""
        return self.home / "world"

    @property
    def sketches(self) -> Path:
        """The file of the sketches of the world's logs."""
        return self.home / "sketches.parquet"

    def tables(self, variant: Variant) -> dict[str, str]:
        """The paths of the accounts and permits that a scan is given."""
        names = [name for name in ("accounts", "permits") if name != variant.missing]
        return {name: str(path) for name in names if (path := self.world / f"{name}.parquet").is_file()}

    def result(self, name: str) -> Path:
        """The file of one finished measurement."""
        return self.home / f"{name.replace(' ', '-')}.json"


def measure_seed(plan: Plan, seed: int, say: Say) -> Row:
    """All measurements of one seed by name: the runs, the oracles, the baselines, each with the costs of its steps.

    Finished measurements are read from their files. Raises WorkFailedError when a step fails.
    """
    bench = Bench(plan, seed, say)
    bench.home.mkdir(parents=True, exist_ok=True)
    for variant in plan.variants:
        if not bench.result(variant.name).is_file():
            _measure_run(bench, variant)
    for profile in ORACLES:
        _once(bench, f"oracle {profile}", "oracle", {"profile": profile})
    baselines = _measure_baselines(bench) if plan.baselines else []
    if plan.second is not None:
        _measure_second(bench, plan.second)
    if not plan.keep:
        shutil.rmtree(bench.world, ignore_errors=True)
        bench.sketches.unlink(missing_ok=True)
    second = [SECOND] if plan.second is not None else []
    names = [
        "build",
        *second,
        *(one.name for one in plan.variants),
        *(f"oracle {profile}" for profile in ORACLES),
        *baselines,
    ]
    paths = [bench.result(name) for name in names]
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in paths if path.is_file()}


def _measure_run(bench: Bench, variant: Variant) -> None:
    """Scans and scores one variant; its file is written only when both are done."""
    run = bench.home / f"run-{variant.name.replace(' ', '-')}"
    shutil.rmtree(run, ignore_errors=True)
    scanned = _scan_logs(bench, run) if variant.name == MAIN else _scan_sketches(bench, variant, run)
    score = bench.home / "scores.part"
    arguments = {"run": str(run), "truth": str(bench.world / "truth"), "seed": bench.seed, "out": str(score)}
    scored = _step(bench, f"score {variant.name}", "score", arguments)
    found = json.loads(score.read_text(encoding="utf-8"))
    found["cost"] = {"scan": _plain(scanned), "score": _plain(scored)}
    _write(bench.result(variant.name), found)
    score.unlink()
    if not (bench.plan.keep and variant.name == MAIN):
        shutil.rmtree(run)


def _scan_logs(bench: Bench, run: Path) -> Cost:
    """Makes the complete scan from raw logs, and the sketches from which all other scans start."""
    _need_world(bench)
    fresh = bench.sketches.with_suffix(".part")
    arguments: Row = {"logs": str(bench.world / "exchanges"), "tables": bench.tables(Variant(MAIN)), "off": []}
    cost = _step(bench, "scan from raw logs", "scan", arguments | {"out": str(run), "sketches": str(fresh)})
    fresh.rename(bench.sketches)
    return cost


def _scan_sketches(bench: Bench, variant: Variant, run: Path) -> Cost:
    _need_sketches(bench)
    logs, blanked = bench.sketches, bench.home / "blanked.parquet"
    if variant.missing in SKETCHED_FROM:
        write_blanked(bench.sketches, variant.missing, blanked)
        logs = blanked
    arguments: Row = {"logs": str(logs), "tables": bench.tables(variant), "off": [variant.off] if variant.off else []}
    cost = _step(bench, f"scan, {variant.name}", "scan", arguments | {"out": str(run), "sketches": None})
    blanked.unlink(missing_ok=True)
    return cost


def _measure_baselines(bench: Bench) -> list[str]:
    """Measures each baseline at the numbers of innocents that the complete run accused at `act` and at `review`.

    Returns the names of the measurements.
    """
    from stillwatch_lab.benchmark import beside

    innocents = json.loads(bench.result(MAIN).read_text(encoding="utf-8"))["innocents"]
    allowed = sorted({innocents[level]["accounts"] for level in ("act", "review")})
    mark = baselines_mark()
    for name in beside.names():
        _once(bench, f"baseline {name}", "baseline", {"name": name, "allowed": allowed}, mark)
    return [f"baseline {name}" for name in beside.names()]


def _measure_second(bench: Bench, script: Path) -> None:
    """Builds, scans and scores one world of the second generator, of this seed."""
    path, mark = bench.result(SECOND), second_mark(bench.plan)
    if path.is_file() and json.loads(path.read_text(encoding="utf-8"))["mark"] == mark:
        return
    world, run, score = bench.home / "second-world", bench.home / "run-second", bench.home / "second.score"
    for folder in (world, run):
        shutil.rmtree(folder, ignore_errors=True)
    arguments: Row = {"script": str(script), "seed": bench.seed, "scale": bench.plan.second_scale, "out": str(world)}
    built = _step(bench, "build the second generator's world", "second", arguments)
    tables = {name: str(file) for name in ("accounts", "permits") if (file := world / f"{name}.parquet").is_file()}
    arguments = {"logs": str(world / "exchanges"), "tables": tables, "off": [], "out": str(run), "sketches": None}
    scanned = _step(bench, "scan it", "scan", arguments)
    arguments = {"run": str(run), "truth": str(world / "truth"), "seed": bench.seed, "out": str(score)}
    scored = _step(bench, "score it", "score", arguments)
    found = json.loads(score.read_text(encoding="utf-8"))
    found["mark"], found["cost"] = mark, {"build": _plain(built), "scan": _plain(scanned), "score": _plain(scored)}
    _write(path, found)
    score.unlink()
    if not bench.plan.keep:
        shutil.rmtree(world)
        shutil.rmtree(run)


def _once(bench: Bench, name: str, task: str, arguments: Row, mark: str = "") -> None:
    """Runs a step on sketches and truth that writes one JSON file, unless that file exists with the same mark."""
    path = bench.result(name)
    if path.is_file() and json.loads(path.read_text(encoding="utf-8"))["mark"] == mark:
        return
    _need_sketches(bench)
    fresh = bench.home / "step.part"
    given: Row = {"sketches": str(bench.sketches), "truth": str(bench.world / "truth"), "out": str(fresh)}
    if task == "baseline":
        given["accounts"] = bench.tables(Variant(MAIN)).get("accounts")
    cost = _step(bench, name, task, given | arguments)
    found = json.loads(fresh.read_text(encoding="utf-8"))
    _write(path, {"found": found, "mark": mark, "cost": {task: _plain(cost)}})
    fresh.unlink()


def _need_sketches(bench: Bench) -> None:
    """Makes world and sketches if they do not exist, as after an earlier run that finished and removed them."""
    if not (bench.sketches.is_file() and (bench.world / _BUILT).is_file()):
        again = bench.home / "run-again"
        _scan_logs(bench, again)
        shutil.rmtree(again)


def _need_world(bench: Bench) -> None:
    if (bench.world / _BUILT).is_file():
        return
    shutil.rmtree(bench.world, ignore_errors=True)
    plan = bench.plan
    arguments: Row = {"world": plan.world, "seed": bench.seed, "accounts": plan.accounts, "exchanges": plan.exchanges}
    real = {name: None if one is None else str(one) for name, one in (("prompts", plan.prompts), ("data", plan.data))}
    cost = _step(bench, "build the world", "build", arguments | real | {"out": str(bench.world)})
    _write(bench.result("build"), {"cost": {"build": _plain(cost)}})
    (bench.world / _BUILT).touch()


def _step(bench: Bench, name: str, task: str, arguments: Row) -> Cost:
    cost = measured(CHILD, task, arguments)
    bench.say(f"seed {bench.seed}: {name}: {cost.seconds:.1f} s, {cost.peak_bytes / 1e9:.2f} GB")
    return cost


def _plain(cost: Cost) -> Row:
    return {"seconds": cost.seconds, "cpu": cost.cpu, "peak_bytes": cost.peak_bytes, **cost.result}


def _write(path: Path, found: Row) -> None:
    """Writes the file completely or not at all, since a run may be stopped at any time."""
    part = path.with_suffix(".part")
    part.write_text(json.dumps(found) + "\n", encoding="utf-8")
    part.rename(path)
