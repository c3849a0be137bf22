"""What a run leaves behind when it is killed, interrupted, or has no room."""

from __future__ import annotations

import json
import random
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from stillwatch.records.outputs import RUN_FILES
from tests.read.rows import exchange, write

FILES = {f"{table.name}.parquet" for table in RUN_FILES} | {"run.json", "report.html"}
ROOT = Path(__file__).resolve().parents[2]

# scans the same logs into the same folder again and again; "ready" is said once everything heavy is loaded
SCAN_ON_AND_ON = """
import sys
from pathlib import Path
from stillwatch import flow
from stillwatch.job import Inputs, resolve
from tests import small_stages
flow.STAGES = small_stages.STAGES
print("ready", flush=True)
while True:
    flow.scan(resolve(Inputs((sys.argv[1],))), Path(sys.argv[2]))
"""

# one scan through the command line, with stages that take no time
SCAN_ONCE = """
import sys
from stillwatch import flow
from stillwatch.cli import main as cli
from tests import small_stages
flow.STAGES = small_stages.STAGES
sys.argv = ["stillwatch", *sys.argv[1:]]
print("ready", flush=True)
cli.main()
"""

# as SCAN_ONCE, but a stage counts for ever inside the engine
SCAN_WITHOUT_END = SCAN_ONCE.replace(
    "sys.argv =",
    """
from stillwatch.engine import Query
class Endless(small_stages.SmallStage):
    def run(self, engine, job):
        print("counting", flush=True)
        rows = "range(10_000_000_000) AS a, range(1_000) AS b WHERE a.range % 7 = b.range"
        engine.fetch(Query("endless", f"SELECT count(*) FROM {rows}"))
flow.STAGES = (small_stages.read, Endless("endless", (), ()))
sys.argv =""",
)

# as SCAN_ONCE, but the last stage is killed by the machine, as for want of memory, where no stage before it was run
KILLED_ONCE = SCAN_ONCE.replace(
    "sys.argv =",
    """
import os, signal
ran = []
class Watched:
    def __init__(self, stage):
        self.stage, self.__name__, self.READS, self.WRITES = stage, stage.__name__, stage.READS, stage.WRITES
    def run(self, engine, job):
        if self.__name__.endswith("report"):
            if ran:
                os.kill(os.getpid(), signal.SIGKILL)
            print("going on with report", flush=True)
        ran.append(self.__name__)
        self.stage.run(engine, job)
flow.STAGES = tuple(Watched(stage) for stage in small_stages.STAGES)
flow.SKETCHED = flow.STAGES[:1]
sys.argv =""",
)


def started(code: str, *words: object, **options: object) -> subprocess.Popen[str]:
    child = subprocess.Popen(
        [sys.executable, "-c", code, *map(str, words)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,  # type: ignore[call-overload]
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "ready\n"
    return child


def assert_whole(run: Path) -> None:
    assert {path.name for path in run.iterdir()} == FILES
    assert json.loads((run / "run.json").read_text())["rows"]["used"] == 200


def left_over(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.name.startswith(".stillwatch")]


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    (tmp_path / "logs").mkdir()
    return write(tmp_path / "logs" / "log.jsonl", [exchange(n, input_text="x" * 500) for n in range(200)])


@pytest.mark.parametrize("seed", range(2))
def test_killed_at_any_moment_no_run_folder_is_half(tmp_path: Path, logs: Path, seed: int) -> None:
    out = tmp_path / "runs" / "run"
    chance = random.Random(seed)
    child = started(SCAN_ON_AND_ON, logs, out)
    time.sleep(chance.uniform(0.0, 1.0))
    for _ in range(20):  # looked at while it runs: never half, whichever moment
        if out.exists():
            assert_whole(out)
        time.sleep(chance.uniform(0.0, 0.02))
    child.kill()
    child.communicate()
    if out.exists():
        assert_whole(out)
    # the next start sweeps what the dead one left, and publishes
    again = started(SCAN_ONCE, "scan", logs, "--out", out, "--json")
    again.communicate()
    assert_whole(out)
    assert left_over(out.parent) == []


def test_killed_inside_a_stage_the_next_run_goes_on(tmp_path: Path, logs: Path) -> None:
    out = tmp_path / "run"
    for code in (-signal.SIGKILL, 0):
        child = started(KILLED_ONCE, "scan", logs, "--out", out, "--json")
        said, _ = child.communicate()
        assert child.returncode == code
    assert said.startswith("going on with report\n"), "reading and finding were not done again"
    assert_whole(out)
    assert left_over(tmp_path) == []


def hear_interrupts() -> None:
    # a shell starts what runs in its background deaf to SIGINT, and children inherit that
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.parametrize(("sign", "pause"), [(signal.SIGTERM, 0.0), (signal.SIGTERM, 0.1), (signal.SIGINT, 0.3)])
def test_interrupted_inside_the_engine_it_cleans_up(
    tmp_path: Path, logs: Path, sign: signal.Signals, pause: float
) -> None:
    child = started(SCAN_WITHOUT_END, "scan", logs, "--out", tmp_path / "run", preexec_fn=hear_interrupts)
    assert child.stdout is not None
    assert child.stdout.readline() == "counting\n"
    time.sleep(pause)
    child.send_signal(sign)
    _, words = child.communicate(timeout=60)
    assert child.returncode == 130
    assert words == "stillwatch: interrupted; nothing was written\n"
    assert left_over(tmp_path) == []
    assert not (tmp_path / "run").exists()


def small_files() -> None:
    # no file may grow past 100 kB, as on a disk that is nearly full
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))


def test_a_disk_that_fills_up_says_so_and_loses_nothing(tmp_path: Path, logs: Path) -> None:
    out = tmp_path / "run"
    started(SCAN_ONCE, "scan", logs, "--out", out, "--json").communicate()
    before = (out / "run.json").read_bytes()
    noise = random.Random(1)
    rows = [exchange(n, exchange_id=f"more-{n}", input_text=noise.randbytes(400).hex()) for n in range(2_000)]
    many = write(tmp_path / "logs" / "more.jsonl", rows)
    child = started(SCAN_ONCE, "scan", many, "--out", out, "--json", preexec_fn=small_files)
    _, words = child.communicate()
    assert child.returncode == 1
    assert "free space" in words
    assert "Traceback" not in words
    assert (out / "run.json").read_bytes() == before
    assert_whole(out)
    assert left_over(tmp_path) == []
