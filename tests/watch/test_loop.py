"""A source that fails keeps no other out, and what was left undone is done by the next step."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from stillwatch.errors import InputError, OutputError
from stillwatch.sources import Batch, Offset
from stillwatch.watch import epochs
from tests.watch.test_ingest import logged
from tests.watch.watching import Watched


class Broken:
    """A source that fails at every look."""

    name = "broken"

    def poll(self, offset: Offset | None, most_bytes: int, wait_seconds: float) -> Batch | None:
        raise InputError("its broker is gone")

    def close(self) -> None:
        """Nothing is open."""


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    (tmp_path / "logs").mkdir()
    return Watched(tmp_path / "logs", tmp_path / "state")


def test_a_source_that_fails_keeps_no_other_out(watched: Watched) -> None:
    logged(watched.logs, "a.jsonl", 1, 2)
    watch = watched.watch(once=False)
    watch.sources = [Broken(), *watch.sources]
    assert watch.step()
    assert len(watched.held()) == 2
    assert "broken: its broker is gone" in watched.said
    with pytest.raises(InputError, match="its broker is gone"):
        watch.step()


def test_an_epoch_that_was_not_adopted_is_adopted_later(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    logged(watched.logs, "a.jsonl", 1, 2)
    watch = watched.watch(once=False)

    def full(*_: Any) -> None:
        raise OutputError("the disk is full")

    with monkeypatch.context() as broken:
        broken.setattr("stillwatch.watch.loop.found_by", full)
        with pytest.raises(OutputError, match="the disk is full"):
            watch.step()
    assert not (watched.state / "verdicts").exists()
    watch.step()
    assert (watched.state / "verdicts" / "current").exists()
    assert epochs.latest(watched.state) == epochs.finished(watched.state)[-1]


def test_an_epoch_beside_batches_is_adopted_when_it_is_done(watched: Watched) -> None:
    logged(watched.logs, "a.jsonl", 1, 2)
    watch = watched.watch(every=timedelta(hours=1), once=False)
    watch.run(lambda: epochs.latest(watched.state) is not None)
    assert watch.running is None
    assert any("0 decisions" in line for line in watched.said)
