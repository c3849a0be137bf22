"""A watch of a small world, for tests: its logs lie in a folder, its clock stands at the end of the world."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow.parquet as pq

from stillwatch.job import Inputs, resolve
from stillwatch.respond import Policy
from stillwatch.runs import state as states
from stillwatch.runs.state import State
from stillwatch.settings import Settings
from stillwatch.sources import Source, opened, parse
from stillwatch.watch.answers import Answers
from stillwatch.watch.beside import Beside
from stillwatch.watch.loop import OWN, Plan, Watch

HOUR = timedelta(hours=1)


@dataclass(slots=True)
class Watched:
    """A folder of logs, a state, and what a watch of them says."""

    logs: Path
    state: Path
    inputs: Inputs = field(default_factory=Inputs)
    settings: Settings = field(default_factory=Settings)
    said: list[str] = field(default_factory=list)
    clock: Callable[[], datetime] = lambda: datetime(2026, 6, 1)

    def sources(self) -> list[Source]:
        return [opened(one, self.state / "sources", None, 0.0) for one in parse([str(self.logs)])]

    def watch(self, every: timedelta = HOUR, once: bool = True, lateness: timedelta = HOUR, **how: int) -> Watch:
        """A watch; `how` are further fields of its plan."""
        job = resolve(self.inputs, settings=self.settings, state=self.state)
        plan = Plan(job, every, lateness, once=once, wait_seconds=0.05, settle_seconds=0.0, **how)
        beside = Beside(self.inputs, job, self.state / OWN)
        answers = Answers(self.state, self.state, beside, Policy(), self.clock)
        return Watch(plan, self.sources(), beside, answers, self.said.append)

    def run(self, lateness: timedelta = HOUR) -> None:
        """Watches once."""
        self.watch(lateness=lateness).run()

    def loaded(self) -> State:
        return states.load(self.state)

    def held(self) -> list[tuple[str, str]]:
        """Exchange and account of every exchange in the state."""
        state = self.loaded()
        rows = [row for part in state.parts for row in pq.read_table(state.path(part.file)).to_pylist()]
        return sorted((row["exchange_id"], row["account_id"]) for row in rows)
