"""A source that fails keeps no other out, and what was left undone is done by the next step."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from stillwatch.errors import InputError, OutputError
from stillwatch.records.watch_status import status_of
from stillwatch.respond import Summary
from stillwatch.sources import Batch, Offset
from stillwatch.watch import epochs
from stillwatch.watch.loop import told
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


def test_a_watch_notes_how_it_does(watched: Watched) -> None:
    assert status_of(watched.state) is None
    logged(watched.logs, "a.jsonl", 1, 2)
    watched.run()
    found = status_of(watched.state)
    assert found is not None
    assert (found.taken, found.quarantined, found.failures, found.epoch_failures) == (2, 0, 0, 0)
    assert found.newest == max(part.last for part in watched.loaded().parts)
    run = epochs.latest(watched.state)
    assert run is not None
    assert found.epoch == epochs.until_of(run.name)
    assert found.epoch_seconds


def test_a_watch_that_fails_notes_it(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stillwatch.watch.loop.RETRY_SECONDS", 0.0)
    watched.state.mkdir()
    watch = watched.watch(once=False)
    watch.sources = [Broken()]
    watch.run(lambda: status_of(watched.state) is not None)
    found = status_of(watched.state)
    assert found is not None
    assert (found.failures, found.newest, found.epoch) == (1, None, None)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"at": 1}'])
def test_a_damaged_note_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "watch").mkdir()
    (tmp_path / "watch" / "status.json").write_text(text, encoding="utf-8")
    assert status_of(tmp_path) is None


def test_a_watch_says_whom_the_caps_leave_waiting() -> None:
    now = datetime(2026, 6, 1)
    assert not [line for line in told(Summary("1", now)) if "caps" in line]
    (line,) = (line for line in told(Summary("1", now, kept_out={"cap": ("a", "b", "c")})) if "caps" in line)
    assert line.startswith("3 accounts wait")
