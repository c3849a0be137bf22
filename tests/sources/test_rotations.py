"""Logs that are appended to, rotated, copied, compressed and moved in any order lose no line and give none twice."""

from __future__ import annotations

import gzip
import os
import random
import shutil
from pathlib import Path

import pytest

from tests.sources.committer import Committer
from tests.sources.kills import NOTHING_WRONG, once_each
from tests.sources.written import add, lines, names

STEPS = 60


class Gateway:
    """Writes three logs, and does with them what operators and their programs do; each act is whole before a poll."""

    def __init__(self, logs: Path, draw: random.Random) -> None:
        self.logs, self.draw, self.written, self.serial = logs, draw, 0, 0

    def act(self) -> None:
        act = self.draw.choice(
            [self.append] * 6 + [self.rename, self.copy_and_cut, self.compress, self.move, self.replace]
        )
        act()

    def append(self) -> None:
        more = self.draw.randint(1, 30)
        add(self.logs / f"{self.draw.choice('abc')}.log", lines(self.written, self.written + more))
        self.written += more

    def rename(self) -> None:
        for path in self._one(".log"):
            path.rename(self._new(".log.1"))

    def copy_and_cut(self) -> None:
        for path in self._one(".log"):
            shutil.copy(path, self._hidden())
            self._hidden().rename(self._new(".log.1"))
            os.truncate(path, 0)

    def compress(self) -> None:
        for path in self._one(".log.1"):
            self._hidden().write_bytes(gzip.compress(path.read_bytes()))
            self._hidden().rename(path.with_name(f"{path.name}.gz"))
            path.unlink()

    def move(self) -> None:
        (self.logs / "old").mkdir(exist_ok=True)
        for path in self._one(".log.1", ".gz"):
            path.rename(self.logs / "old" / path.name)

    def replace(self) -> None:
        """As rsync brings a longer copy."""
        for path in self._one(".log"):
            shutil.copy(path, self._hidden())
            add(self._hidden(), lines(self.written, self.written + 2))
            self._hidden().rename(path)
            self.written += 2

    def _one(self, *endings: str) -> list[Path]:
        found = sorted(path for path in self.logs.iterdir() if path.name.endswith(endings) and path.stat().st_size)
        return [self.draw.choice(found)] if found else []

    def _new(self, ending: str) -> Path:
        self.serial += 1
        return self.logs / f"{self.serial}{ending}"

    def _hidden(self) -> Path:
        return self.logs / ".part"


@pytest.mark.parametrize("seed", range(8))
def test_every_line_is_given_once(seed: int, logs: Path, watch: Committer) -> None:
    draw = random.Random(seed)
    gateway = Gateway(logs, draw)
    source = watch.folder(logs)
    for _ in range(STEPS):
        for _ in range(draw.randint(1, 3)):
            gateway.act()
        if draw.random() < 0.3:
            source = watch.folder(logs)
        most = draw.choice([500, 5_000, 1 << 20])
        watch.once(source, most) if draw.random() < 0.5 else watch.drain(source, most)
    watch.drain(source)
    assert once_each(watch.ids(), names(0, gateway.written)) == NOTHING_WRONG
