"""How fast a watch takes files of exchanges with texts in, and whether its memory grows over a simulated week."""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
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
FLAT = 1.3  # times the peak of the second day
FILES = 4  # a day
HEAD = " day workers  exchanges       s   CPU-s  a CPU-s  us each     MB"


def lines(options: argparse.Namespace) -> Iterator[str]:
    """One line a simulated day and number of workers, and the verdicts."""
    found = texts(options.prompts)
    with tempfile.TemporaryDirectory(prefix="stillwatch-watch-") as name:
        home = Path(name)
        (home / "logs").mkdir()
        counts = tuple(dict.fromkeys((1, options.workers)))
        watches = [Measured(home, count) for count in counts]
        yield HEAD
        for day in range(options.days):
            size = _write(home / "logs", day, options.exchanges, found)
            for one in watches:
                yield f"{day + 1:4} {one.take(options.exchanges)}"
        yield f"{size / options.exchanges:,.0f} bytes an exchange; below without the first day, in which code is loaded"
        for one in watches:
            yield from one.verdicts()
            one.watch.workers.close()
        if len(watches) > 1:
            alone, together = (one.rate for one in watches)
            yield f"{together / alone:.2f} times as fast with {counts[-1]} workers as with one"


@dataclass(slots=True)
class Measured:
    """A watch of its own state, and what each day cost it, its workers included."""

    home: Path
    count: int
    watch: Watch = field(init=False)
    taken: int = 0
    seconds: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    peaks: list[float] = field(default_factory=list)
    exchanges: int = 0

    def __post_init__(self) -> None:
        self.watch = _watch(self.home, self.count)

    def take(self, exchanges: int) -> str:
        """Takes a day's exchanges in; returns what it cost."""
        wall, cpu = time.perf_counter(), self._cpu()
        before = self.taken
        while self.taken < before + exchanges:
            self.watch.step()
            self.taken = states.load(self.watch.plan.state).watched.taken
        wall, cpu = time.perf_counter() - wall, self._cpu() - cpu
        self.exchanges = exchanges
        self.seconds.append(wall)
        self.cpu.append(cpu)
        self.peaks.append(sum(_status(pid, "VmHWM") for pid in self._pids) / 1e3)
        each = 1e6 * cpu / exchanges
        numbers = f"{exchanges:10,} {wall:7.1f} {cpu:7.1f} {exchanges / cpu:8,.0f} {each:8.1f} {self.peaks[-1]:6,.0f}"
        return f"{self.count:7} {numbers}"

    @property
    def rate(self) -> float:
        """Exchanges a second, without the first day."""
        return self.exchanges * len(self.seconds[1:]) / sum(self.seconds[1:])

    def verdicts(self) -> Iterator[str]:
        """How fast it was, and whether its memory grew."""
        passed, spent = sum(self.seconds[1:]), sum(self.cpu[1:])
        taken = self.exchanges * len(self.seconds[1:])
        said = f"{self.count} workers: {self.rate:,.0f} exchanges a second"
        if self.count > 1:
            said += f"; at least {TARGET:,}: {_verdict(self.rate >= TARGET)}"
        yield said
        yield f"  {1e6 * spent / taken:.1f} us of processor time an exchange, {spent / passed:.2f} cores busy"
        # the machine's other users take turns on its cores: what two cores would do alone
        yield f"  {2 * taken / spent:,.0f} a second by processor time, if two cores were busy"
        grown = self.peaks[-1] / self.peaks[1]
        yield f"  peak memory is {grown:.2f} times that of the second day; at most {FLAT}: {_verdict(grown <= FLAT)}"

    @property
    def _pids(self) -> list[int]:
        return [os.getpid(), *self.watch.workers.pids]

    def _cpu(self) -> float:
        # a process's own times, since those of its children count only once they have ended
        return sum(_cpu_seconds(pid) for pid in self._pids)


def _cpu_seconds(pid: int) -> float:
    words = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def _status(pid: int, name: str) -> int:
    """A line of kilobytes of a process's status."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace").splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1])
    return 0


def _verdict(met: bool) -> str:
    return "met" if met else "MISSED"


def _watch(home: Path, workers: int) -> Watch:
    inputs = Inputs()
    state = home / f"state-{workers}"
    job = resolve(inputs, settings=Settings(engine=EngineSettings(threads=2)), state=state)
    beside = Beside(inputs, job, state / OWN)
    # no epoch falls due within the week but the first: taking in is measured alone
    plan = Plan(job, timedelta(days=10_000), timedelta(hours=1), wait_seconds=0.0, workers=workers)
    (source,) = (opened(one, state / "sources", None, 0.0) for one in parse([str(home / "logs")]))
    return Watch(plan, [source], beside, Answers(state, state, beside, Policy()), lambda _: None)


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
