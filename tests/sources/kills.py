"""The smallest watch in a process of its own, which is killed at random times while records go on coming."""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from tests.sources.committer import Committer


def kill_often(address: str, state: Path, times: int, more: Callable[[int], None], seed: int) -> None:
    """Starts the watch, lets `more` write, and kills it at a random time; as often as said.

    The process is a fork of this one: Python's own start would take most of the time. On a busy machine it is given
    more time, so that about every second watch commits something before its end.
    """
    draw, longest, commits = random.Random(seed), 0.1, 0
    for number in range(times):
        forked = os.fork()
        if not forked:
            _watch(address, state)
        more(number)
        time.sleep(draw.uniform(0.001, longest))
        os.kill(forked, 9)
        _, status = os.waitpid(forked, 0)
        assert os.WIFSIGNALED(status), (state / "error").read_text()
        before, commits = commits, Committer(state).commits
        longest = min(1.0, longest * 1.4) if commits == before else max(0.05, longest * 0.8)
    assert commits > times / 8


def _watch(address: str, state: Path) -> None:
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
