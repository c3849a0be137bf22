"""An epoch: a whole run over all that the state holds, beside which the state goes on taking exchanges in.

The run works on a frozen copy of the state, made of hard links, since the state's files never change. When it is done,
its lineage goes into the state, and `runs/latest` names it. Each step can be done again after a kill.
"""

from __future__ import annotations

import os
import shutil
import signal
from contextlib import ExitStack
from dataclasses import dataclass, replace
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path

import pyarrow.parquet as pq

from stillwatch import flow
from stillwatch.disk import hidden, replaced, sweep
from stillwatch.errors import OutputError, RunError
from stillwatch.job import Job
from stillwatch.records.outputs import CAMPAIGNS, NETWORKS
from stillwatch.runs import previous, state_update
from stillwatch.runs import state as states
from stillwatch.runs.epochs import LATEST as LATEST
from stillwatch.runs.epochs import RUNS as RUNS
from stillwatch.runs.epochs import finished as finished
from stillwatch.runs.epochs import latest as latest
from stillwatch.runs.epochs import name_of as name_of
from stillwatch.runs.epochs import until_of as until_of
from stillwatch.runs.state import State

PARTIALS = (
    "partials"  # folder in a state: what epochs computed of each account by itself, which the next ones use again
)
KEPT = 8  # the newest run folders that stay


def begin(state: State) -> Path:
    """Makes a folder in `state/runs` that holds the state as it is now, for `find`; the state must be open.

    `sweep` removes it once this process is dead. Raises OutputError when the folder cannot be made.
    """
    parent = state.folder / RUNS
    sweep(parent)
    folder = hidden(parent, "frozen")
    with ExitStack() as undone:
        undone.callback(shutil.rmtree, folder, ignore_errors=True)
        freeze(state, folder)
        undone.pop_all()
    return folder


def freeze(state: State, folder: Path) -> None:
    """Makes `folder` a state that holds what `state` holds now."""
    try:
        for name in state.files:
            _link(state.path(name), folder / name)
    except OSError as error:
        raise OutputError(f"cannot write in `{folder.parent}`: {error.strerror or error}; free space there") from error
    states.publish(replace(state, folder=folder))


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # a file system without hard links
        shutil.copyfile(source, target)


def find(job: Job, frozen_state: Path, out: Path) -> None:
    """Runs over a frozen state, removes it, and publishes the run at `out`; raises RunError when it cannot finish."""
    try:
        alone = replace(job.sources, exchanges=())
        partials = None if job.state is None else job.state / PARTIALS
        over = replace(job, sources=alone, state=frozen_state, previous=None, lateness=None, partials=partials)
        flow.scan(over, out)
    finally:
        shutil.rmtree(frozen_state, ignore_errors=True)


def found_in(run: Path) -> str:
    """How many campaigns and networks a finished run found, in words."""
    campaigns, networks = (pq.read_metadata(run / f"{table.name}.parquet").num_rows for table in (CAMPAIGNS, NETWORKS))
    return f"{campaigns:,} campaigns, {networks:,} networks"


def adopt(state: Path, run: Path) -> None:
    """Makes a finished run the state's latest: the next run goes on from its lineage. It may be done twice.

    Raises OutputError when the state cannot be written.
    """
    with states.opened(state, flow.PATIENCE):
        state_update.keep_lineage(state, previous.all_files(run))
    with replaced(state / RUNS / LATEST, "--state") as path:
        path.write_text(run.name + "\n", encoding="utf-8")
    for old in finished(state)[:-KEPT]:
        shutil.rmtree(old, ignore_errors=True)


@dataclass(slots=True)
class Running:
    """An epoch in a process of its own, beside which batches go on."""

    process: SpawnProcess
    said: Connection
    out: Path

    @classmethod
    def begin(cls, job: Job, frozen_state: Path, out: Path) -> Running:
        """Starts `find`; the process gives way to the one that takes batches."""
        spawn = get_context("spawn")
        said, saying = spawn.Pipe(duplex=False)
        process = spawn.Process(target=_find_apart, args=(saying, job, frozen_state, out), daemon=True)
        process.start()
        saying.close()
        return cls(process, said, out)

    @property
    def done(self) -> bool:
        """Whether it has ended, one way or another."""
        return not self.process.is_alive()

    def failure(self) -> str | None:
        """Why it did not finish; None when it did."""
        try:
            found: str | None = self.said.recv()
        except EOFError:
            found = f"its process ended with {self.process.exitcode}"
        self.said.close()
        return found

    def stop(self) -> None:
        """Ends it; what it had not published is as if it had not been."""
        self.process.terminate()
        self.process.join(10)
        self.process.kill()


def _find_apart(saying: Connection, job: Job, frozen_state: Path, out: Path) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends it to both; the watch then ends this process
    os.nice(5)
    try:
        find(job, frozen_state, out)
        saying.send(None)
    except RunError as error:
        saying.send(str(error))
