"""The smallest watch in a process of its own, which is killed at random times while records go on coming."""

from __future__ import annotations

import gc
import os
import random
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from tests.sources.committer import Committer

PATIENCE = 20.0  # seconds until a watch must have committed something


def kill_often(address: str, state: Path, times: int, more: Callable[[int], None], seed: int) -> None:
    """Starts the watch, lets `more` write, and kills it at a random time; as often as said.

    The process is a fork of this one: Python's own start would take most of the time. Every third watch is killed after
    it has committed something, however busy the machine is, and the others whenever it comes.
    """
    draw = random.Random(seed)
    for number in range(times):
        before = Committer(state).commits
        forked = os.fork()
        if not forked:
            _watch(address, state)
        more(number)
        until = time.monotonic() + PATIENCE * (number % 3 == 0)
        while Committer(state).commits == before and time.monotonic() < until:
            time.sleep(0.005)
        time.sleep(draw.uniform(0.001, 0.1))
        os.kill(forked, 9)
        _, status = os.waitpid(forked, 0)
        assert os.WIFSIGNALED(status), (state / "error").read_text()
    assert Committer(state).commits >= times / 3


def _watch(address: str, state: Path) -> None:
    gc.disable()  # what other threads of this process had in hand must not be collected without them
    try:
        committer = Committer(state)
        source = committer.opened(address)
        while True:
            committer.once(source, 2_000, wait=0.01)
    except BaseException as error:  # noqa: BLE001  the parent shows it
        (state / "error").write_text(repr(error))
    finally:
        os._exit(1)


def once_each(found: Counter[str], names: list[str]) -> dict[str, list[str]]:
    """What is wrong with the ids that were committed: those that are lost, those that came twice, and strange ones."""
    return {
        "lost": [name for name in names if not found[name]],
        "twice": [name for name in names if found[name] > 1],
        "strange": sorted(found.keys() - set(names)),
    }


NOTHING_WRONG: dict[str, list[str]] = {"lost": [], "twice": [], "strange": []}
