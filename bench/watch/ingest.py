"""How fast a watch takes files of exchanges with texts in, and whether its memory grows over a simulated week."""

from __future__ import annotations

import argparse
import json
import resource
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from bench.reading.logs import START, exchange
from bench.texts import texts
from stillwatch.job import Inputs, resolve
from stillwatch.respond import Policy
from stillwatch.runs import state as states
from stillwatch.settings import EngineSettings, Settings
from stillwatch.sources import opened, parse
from stillwatch.watch.answers import Answers
from stillwatch.watch.beside import Beside
from stillwatch.watch.loop import OWN, Plan, Watch

TARGET = 20_000  # exchanges a second on two cores
FLAT = 1.3  # times the peak of the first day
FILES = 4  # a day


def lines(options: argparse.Namespace) -> Iterator[str]:
    """One line a simulated day, and the verdicts."""
    found = texts(options.prompts)
    with tempfile.TemporaryDirectory(prefix="stillwatch-watch-") as name:
        home = Path(name)
        (home / "logs").mkdir()
        watch = _watch(home)
        peaks, passed, spent, taken = [], 0.0, 0.0, 0
        yield f"{'day':>4} {'exchanges':>10} {'s':>7} {'CPU-s':>7} {'a CPU-s':>8} {'peak MB':>8}"
        for day in range(options.days):
            size = _write(home / "logs", day, options.exchanges, found)
            wall, cpu = time.perf_counter(), time.process_time()
            before = taken
            while taken < before + options.exchanges:
                watch.step()
                taken = states.load(watch.plan.state).watched.taken
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
            passed, spent = passed + wall, spent + cpu
            peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3)
            rate = options.exchanges / cpu
            yield f"{day + 1:4} {options.exchanges:10,} {wall:7.1f} {cpu:7.1f} {rate:8,.0f} {peaks[-1]:8,.0f}"
        yield f"{size / options.exchanges:,.0f} bytes an exchange"
        rate = taken / passed
        yield f"{rate:,.0f} exchanges a second by one watch; at least {TARGET:,}: {_verdict(rate >= TARGET)}"
        yield f"{2 * taken / spent:,.0f} a second by processor time, if two cores were busy"
        grown = peaks[-1] / peaks[0]
        yield f"peak memory is {grown:.2f} times that of the first day; at most {FLAT}: {_verdict(grown <= FLAT)}"


def _verdict(met: bool) -> str:
    return "met" if met else "MISSED"


def _watch(home: Path) -> Watch:
    inputs = Inputs()
    job = resolve(inputs, settings=Settings(engine=EngineSettings(threads=2)), state=home / "state")
    beside = Beside(inputs, job, home / "state" / OWN)
    # no epoch falls due within the week: taking in is measured alone
    plan = Plan(job, timedelta(days=10_000), timedelta(hours=1), wait_seconds=0.0)
    (source,) = (opened(one, home / "state" / "sources", None, 0.0) for one in parse([str(home / "logs")]))
    return Watch(plan, [source], beside, Answers(home / "state", home / "state", beside, Policy()), lambda _: None)


def _write(folder: Path, day: int, exchanges: int, found: list[str]) -> int:
    """Writes one day's exchanges in event time; returns their bytes."""
    size = 0
    for part in range(FILES):
        with (folder / f"{day:03}-{part}.jsonl").open("w", encoding="utf-8") as out:
            for place in range(part * exchanges // FILES, (part + 1) * exchanges // FILES):
                number = day * exchanges + place
                row = exchange(number, found[number % len(found)])
                row["started_at"] = _at(day, place, exchanges)
                size += out.write(json.dumps(row, ensure_ascii=False) + "\n")
    return size


def _at(day: int, place: int, exchanges: int) -> str:
    return f"{(START + timedelta(days=day, seconds=86_400 * place / exchanges)).isoformat()}Z"
