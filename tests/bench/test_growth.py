"""What a scan's processes cost is counted with all that they started."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from bench.growth import tree_cpu

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").is_file(), reason="this system has no /proc")

WORK = "import time\nwhile time.process_time() < 0.5: pass\nprint(flush=True)\ninput()"


def test_a_child_s_seconds_count_while_it_runs_and_when_it_was_waited_for() -> None:
    before, own = tree_cpu(os.getpid()), time.process_time()
    child = subprocess.Popen([sys.executable, "-c", WORK], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert child.stdout is not None
    child.stdout.readline()
    running = tree_cpu(os.getpid()) - before - (time.process_time() - own)
    child.communicate(b"\n")
    waited = tree_cpu(os.getpid()) - before - (time.process_time() - own)
    assert running > 0.4
    assert waited >= running - 0.1


def test_others_seconds_do_not_count() -> None:
    with subprocess.Popen([sys.executable, "-c", WORK], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        other.stdout.readline()
        assert 0.4 < tree_cpu(other.pid) < 30.0
        assert tree_cpu(other.pid) <= tree_cpu(os.getpid())
        other.communicate(b"\n")
