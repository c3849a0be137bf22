"""A receiver that is killed at random keeps what it acknowledged, and takes what is sent again once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from stillwatch.sources import connections, receiving  # noqa: F401  loaded here once, not by each watch
from tests.sources.brokers import free_port
from tests.sources.committer import Committer
from tests.sources.kills import NOTHING_WRONG, kill_often, once_each
from tests.sources.sender import SPANS

KILLS = 100
ROOT = Path(__file__).resolve().parents[2]


def test_nothing_acknowledged_is_lost_or_taken_twice(tmp_path: Path, watch: Committer) -> None:
    port = free_port()
    address, stop = f"otlp://127.0.0.1:{port}", tmp_path / "stop"
    command = [sys.executable, "-m", "tests.sources.sender", str(port), str(stop)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as sender:
        try:
            kill_often(address, watch.state, KILLS, lambda _: None, seed=4)
            source = watch.opened(address)
            stop.touch()
            sent = int(sender.communicate(timeout=60)[0])
        finally:
            sender.kill()
    watch.drain(source)
    source.close()
    expected = [f"{number}-{span}" for number in range(sent) for span in range(SPANS)]
    assert sent >= KILLS / 3
    assert once_each(watch.ids(), expected) == NOTHING_WRONG
