"""Workers read and sketch the files of a batch, each its share, into parts that one process then commits together.

A worker is a process of its own, which begins with the first batch that is worth it, and beside which this process can
do other things. It writes nothing into the state: what it made is used whole, or not at all.
"""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path

from stillwatch import flow
from stillwatch.errors import InputError, OutputError, RunError
from stillwatch.flow import Sketched
from stillwatch.input_files import find
from stillwatch.job import Job, Sources
from stillwatch.read.summary import Rows

MOST = 4  # workers, where nobody says how many: each needs most of a gigabyte
WORTH = 8_000_000  # bytes for which a worker more is worth what it costs to begin and to commit a part
NO_ROWS = Rows(0, 0, 0, 0, 0)
_SIZE = re.compile(r"([0-9.]+)(.*)")


@dataclass(slots=True)
class Workers:
    """So many workers, used by one thread; one alone is this process itself."""

    count: int = 1
    worth: int = WORTH
    _others: list[_Worker] = field(default_factory=list)

    def sketched(
        self, job: Job, files: Sequence[Path], folder: Path, meanwhile: Callable[[], None] = lambda: None
    ) -> list[Sketched]:
        """Sketches files into parts in `folder`, on the state's disk; what cannot be read is named in what it returns.

        `meanwhile` is done before it returns, beside the workers where there are several. Raises RunError when a worker
        cannot finish.
        """
        shares = dealt([(path, path.stat().st_size) for path in files], self.count, self.worth)
        job = _with_its_share(job, self.count)
        if len(shares) <= 1:
            meanwhile()
            return [one for share in shares for one in sketched_share(job, share, folder / "0")]
        try:
            while len(self._others) < len(shares):
                self._others.append(_Worker.begin())
            for number, share in enumerate(shares):
                self._others[number].ask(job, share, folder / str(number))
            meanwhile()
            return [one for worker in self._others[: len(shares)] for one in worker.answer()]
        except BaseException:
            self.close()  # an answer that nobody waited for must not be taken for that of the next batch
            raise

    @property
    def pids(self) -> list[int]:
        """The numbers of the other processes."""
        return [one.process.pid for one in self._others if one.process.pid is not None]

    def close(self) -> None:
        """Ends the other processes; what they were at is as if it had not been."""
        for worker in self._others:
            worker.stop()
        self._others.clear()


def by_default(job: Job) -> int:
    """How many workers there are, where nobody says how many: as many as the engine may have threads, at most MOST."""
    return min(_threads(job), MOST)


def dealt(files: Sequence[tuple[Path, int]], workers: int, worth: int) -> list[tuple[Path, ...]]:
    """Deals files with their sizes to workers, the largest first, each to whoever has least; returns shares that are
    not empty."""
    count = min(workers, len(files), max(1, sum(size for _, size in files) // max(1, worth)))
    shares: list[list[Path]] = [[] for _ in range(count)]
    sizes = [0] * count
    for path, size in sorted(files, key=lambda one: -one[1]):
        least = sizes.index(min(sizes))
        shares[least].append(path)
        sizes[least] += size
    return [tuple(share) for share in shares if share]


def sketched_share(job: Job, files: Sequence[Path], folder: Path) -> list[Sketched]:
    """Sketches files together, or each alone where one cannot be used: that one is named, and the rest is used."""
    folder.mkdir(parents=True)
    try:
        return [flow.sketch_apart(_over(job, files), folder)]
    except InputError as error:
        if len(files) == 1:
            return [Sketched(NO_ROWS, (str(error),))]
    return [one for number, path in enumerate(files) for one in sketched_share(job, (path,), folder / str(number))]


def _over(job: Job, files: Sequence[Path]) -> Job:
    found, _ = find([str(path) for path in files])
    settings = job.settings
    read = settings.read.model_copy(update={"skip_unreadable": True})
    return replace(job, sources=Sources(exchanges=found.sources), settings=settings.model_copy(update={"read": read}))


def _with_its_share(job: Job, workers: int) -> Job:
    """The job with a worker's share of the threads and the memory that a run may use."""
    engine = job.settings.engine
    size = _SIZE.fullmatch(engine.memory_limit)
    assert size is not None  # as the settings say
    threads = max(1, _threads(job) // workers)
    update = {"threads": threads, "memory_limit": f"{float(size[1]) / workers:.3f}{size[2]}"}
    return replace(job, settings=job.settings.model_copy(update={"engine": engine.model_copy(update=update)}))


def _threads(job: Job) -> int:
    return job.settings.engine.threads or os.cpu_count() or 1


@dataclass(slots=True)
class _Worker:
    """A process that sketches one share after another, and ends with this one, however this one ends."""

    process: SpawnProcess
    line: Connection

    @classmethod
    def begin(cls) -> _Worker:
        spawn = get_context("spawn")
        line, other = spawn.Pipe()
        process = spawn.Process(target=_work, args=(other,), daemon=True)
        process.start()
        other.close()
        return cls(process, line)

    def ask(self, job: Job, files: Sequence[Path], folder: Path) -> None:
        try:
            self.line.send((job, files, folder))
        except OSError as error:
            raise self._lost() from error

    def answer(self) -> list[Sketched]:
        try:
            found = self.line.recv()
        except (EOFError, OSError) as error:
            raise self._lost() from error
        if isinstance(found, RunError):
            raise found
        made: list[Sketched] = found
        return made

    def stop(self) -> None:
        self.line.close()
        self.process.terminate()
        self.process.join(10)
        self.process.kill()

    def _lost(self) -> OutputError:
        self.process.join(1)
        return OutputError(f"a worker ended with {self.process.exitcode}; free memory, or use fewer `--workers`")


def _work(line: Connection) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends it to all; the watch then ends this process
    with suppress(EOFError, BrokenPipeError):  # whoever asked has ended
        while True:
            job, files, folder = line.recv()
            try:
                line.send(sketched_share(job, files, folder))
            except RunError as error:
                line.send(RunError(str(error)))  # not every error can be sent as it is
