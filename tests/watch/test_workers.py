"""Workers share a batch: what they made is committed together, held once, and nothing of it when one is lost."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from stillwatch import flow
from stillwatch.errors import InputError, RunError
from stillwatch.job import Inputs, resolve
from stillwatch.settings import EngineSettings, Settings, SketchSettings
from stillwatch.watch.loop import Watch
from stillwatch.watch.workers import MOST, by_default, dealt
from tests.watch.test_ingest import NOON, held, logged
from tests.watch.watching import HOUR, Watched


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    (tmp_path / "logs").mkdir()
    return Watched(tmp_path / "logs", tmp_path / "state")


@pytest.fixture
def watch(watched: Watched) -> Iterator[Watch]:
    """A watch with two workers, to whom every file is worth it."""
    found = watched.watch(every=1_000 * HOUR, workers=2)
    found.workers.worth = 1
    yield found
    found.workers.close()


def test_files_are_dealt_by_their_size() -> None:
    a, b, c, d = (Path(name) for name in "abcd")
    assert dealt([(a, 1), (b, 5), (c, 4), (d, 1)], 2, 1) == [(b, d), (c, a)]
    assert dealt([(a, 1), (b, 5)], 4, 1) == [(b,), (a,)]
    assert dealt([(a, 10), (b, 10), (c, 10)], 3, 100) == [(a, b, c)], "too little for a second worker"
    assert dealt([], 3, 1) == []


def test_there_are_as_many_workers_as_cores_up_to_some() -> None:
    def job(threads: int) -> int:
        return by_default(resolve(Inputs(), settings=Settings(engine=EngineSettings(threads=threads))))

    assert [job(1), job(3), job(64)] == [1, 3, MOST]


def test_the_shares_of_a_batch_are_committed_together(watched: Watched, watch: Watch) -> None:
    logged(watched.logs, "a.jsonl", 1, 2, 3, 4)
    logged(watched.logs, "b.jsonl", 4, 5, 6)  # one of them is told twice, to two workers
    logged(watched.logs, "c.jsonl", 7, at=NOON + HOUR)
    (watched.logs / "d.parquet").write_bytes(b"PAR1 this is none PAR1")
    assert watch.step(apart=True)
    assert len(watch.workers.pids) == 2
    found = watched.loaded()
    assert held(watched) == [1, 2, 3, 4, 5, 6, 7]
    assert len(found.parts) == 2
    assert (found.watched.taken, found.watched.repeated) == (7, 1)
    assert sum(part.rows for part in found.parts) == 7
    assert any("d.parquet" in line for line in watched.said), watched.said
    assert not list((watched.state / "watch").glob(".stillwatch-*-made-*"))


def test_a_lost_worker_loses_nothing(watched: Watched, watch: Watch) -> None:
    for name, first in (("a", 0), ("b", 3)):
        logged(watched.logs, f"{name}.jsonl", *range(first, first + 3))
    watch.step(apart=True)
    for name, first in (("c", 6), ("d", 9)):
        logged(watched.logs, f"{name}.jsonl", *range(first, first + 3))
    os.kill(watch.workers.pids[0], signal.SIGKILL)
    with pytest.raises(RunError, match="a worker ended with"):
        watch.step(apart=True)
    assert held(watched) == list(range(6))
    assert watch.step(apart=True)
    assert held(watched) == list(range(12))


def test_workers_end_with_the_watch(watched: Watched, watch: Watch) -> None:
    for name in "ab":
        logged(watched.logs, f"{name}.jsonl", ord(name))
    watch.step(apart=True)
    worker = watch.workers._others[0]
    worker.line.close()  # as the end of this process would
    worker.process.join(30)
    assert worker.process.exitcode == 0


def with_key(tmp_path: Path) -> Settings:
    key = tmp_path / "other.key"
    key.write_text("0123456789abcdef0123456789abcdef")
    return Settings(sketch=SketchSettings(key_file=key))


def test_sketches_under_another_key_are_named_and_the_rest_is_taken(watched: Watched, tmp_path: Path) -> None:
    logged(tmp_path / "raw", "b.jsonl", 8, 9)
    flow.write_sketches(resolve(Inputs((str(tmp_path / "raw"),)), settings=with_key(tmp_path)), tmp_path / "sketches")
    logged(watched.logs, "a.jsonl", 1, 2)
    watched.run()
    (tmp_path / "sketches" / "exchange_sketches.parquet").rename(watched.logs / "b.parquet")
    logged(watched.logs, "c.jsonl", 3)
    watched.run()
    assert held(watched) == [1, 2, 3]
    assert any("under the key" in line for line in watched.said), watched.said


def test_a_watch_with_another_key_takes_nothing(watched: Watched, tmp_path: Path) -> None:
    logged(watched.logs, "a.jsonl", 1, 2)
    watched.run()
    before = watched.loaded().watched
    logged(watched.logs, "b.jsonl", 3)
    watched.settings = with_key(tmp_path)
    with pytest.raises(InputError, match="--key-file"):
        watched.run()
    assert watched.loaded().watched.offsets == before.offsets
    watched.settings = Settings()
    watched.run()
    assert held(watched) == [1, 2, 3]
