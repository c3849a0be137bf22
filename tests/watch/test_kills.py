"""A watch that is killed again and again, wherever it is, ends with every exchange once and every epoch whole."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest

from stillwatch.runs import state as states
from stillwatch.watch import epochs
from tests.read.rows import exchange, write
from tests.watch.test_ingest import NOON
from tests.watch.watching import Watched

FILES, ROWS = 20, 5
KILLS = int(os.environ.get("STILLWATCH_KILLS", "5"))

WATCH = """
import sys
from datetime import timedelta
from pathlib import Path
from tests.watch.watching import Watched

if __name__ == "__main__":
    watched = Watched(Path(sys.argv[1]), Path(sys.argv[2]))
    watch = watched.watch(every=timedelta(minutes=3), once=False, batch_bytes=900, workers=int(sys.argv[3]))
    watch.workers.worth = 1  # however little there is, each worker has its share
    watch.run()
"""


def begun(script: Path, watched: Watched, workers: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, str(script), str(watched.logs), str(watched.state), str(workers)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path.cwd()), *sys.path])}
    return subprocess.Popen(command, env=environment, start_new_session=True, stderr=subprocess.DEVNULL)


def taken(watched: Watched) -> int:
    return states.load(watched.state).watched.taken if (watched.state / states.MARKER).is_file() else 0


@pytest.mark.parametrize("workers", [1, 2])
def test_nothing_is_lost_or_counted_twice(tmp_path: Path, workers: int) -> None:
    logs = tmp_path / "logs"
    logs.mkdir()
    for file in range(FILES):
        numbers = range(file * ROWS, (file + 1) * ROWS)
        rows = [exchange(number, started_at=NOON + timedelta(seconds=10 * number)) for number in numbers]
        write(logs / f"{file:03}.jsonl", rows)
    watched = Watched(logs, tmp_path / "state")
    script = tmp_path / "watch.py"
    script.write_text(WATCH)
    rng = random.Random(11)
    kills = 0
    while taken(watched) < FILES * ROWS or kills < KILLS:
        process = begun(script, watched, workers)
        before, patience = taken(watched), time.monotonic() + 300  # workers begin with some seconds of processor time
        # it is killed at a random moment after it has begun to take something, or when there is nothing left
        while process.poll() is None and taken(watched) == before < FILES * ROWS and time.monotonic() < patience:
            time.sleep(0.05)
        time.sleep(rng.uniform(0.0, 1.0))
        if kills % 2:
            os.kill(process.pid, signal.SIGKILL)  # its workers end by themselves
        else:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        kills += 1
        assert kills < 20 * KILLS, watched.loaded()
    watched.run()
    assert sorted(int(one[1:]) for one, _ in watched.held()) == list(range(FILES * ROWS))
    assert watched.loaded().watched.taken == FILES * ROWS
    assert epochs.latest(watched.state) == epochs.finished(watched.state)[-1]
