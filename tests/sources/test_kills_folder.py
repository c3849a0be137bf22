"""A watch of a folder that is killed at random loses no line and takes none twice, though logs are rotated."""

from __future__ import annotations

import gzip
import os
import random
import shutil
from pathlib import Path

from tests.sources.committer import Committer
from tests.sources.kills import NOTHING_WRONG, kill_often, once_each
from tests.sources.written import add, lines, names

KILLS = 100


class Writer:
    """Writes lines into logs that are rotated: by renaming, by copying and cutting, and compressed."""

    def __init__(self, logs: Path) -> None:
        self.logs, self.written, self.rotated = logs, 0, 0
        self._draw = random.Random(7)

    def write(self, number: int) -> None:
        for name in ("a.log", "b.log", "c.jsonl"):
            more = self._draw.randint(1, 40)
            add(self.logs / name, lines(self.written, self.written + more))
            self.written += more
        if number % 5 == 4:
            self._rotate(number)

    def _rotate(self, number: int) -> None:
        self.rotated += 1
        if number % 2:
            (self.logs / "a.log").rename(self.logs / f"a.log.{number}")
            (self.logs / "gone").mkdir(exist_ok=True)
            data = gzip.compress((self.logs / f"a.log.{number}").read_bytes())
            (self.logs / f".a-{number}").write_bytes(data)
            (self.logs / f".a-{number}").rename(self.logs / f"a-{number}.log.gz")
            (self.logs / f"a.log.{number}").unlink()
        else:
            shutil.copy(self.logs / "b.log", self.logs / f".b-{number}")
            (self.logs / f".b-{number}").rename(self.logs / f"b.log.{number}")
            os.truncate(self.logs / "b.log", 0)


def test_no_line_is_lost_or_taken_twice(logs: Path, watch: Committer) -> None:
    writer = Writer(logs)
    kill_often(str(logs), watch.state, KILLS, writer.write, seed=1)
    watch.drain(watch.opened(str(logs)))
    assert writer.rotated == KILLS // 5
    assert once_each(watch.ids(), names(0, writer.written)) == NOTHING_WRONG
