"""A log that is renamed, copied and cut, or compressed is gone on with: no line is lost and none is taken twice."""

from __future__ import annotations

import gzip
import os
import shutil
from pathlib import Path

import pytest

from stillwatch.sources import content, taking
from stillwatch.sources.folder import FolderSource
from tests.sources.committer import Committer, ids_of
from tests.sources.written import add, lines, names


@pytest.fixture(params=["running", "started anew"])
def anew(request: pytest.FixtureRequest) -> bool:
    """Whether the watch is started anew before each poll."""
    return str(request.param) == "started anew"


class Watched:
    """A folder and what watches it."""

    def __init__(self, logs: Path, watch: Committer, anew: bool) -> None:
        self.logs, self._watch, self._anew = logs, watch, anew
        self._source: FolderSource = watch.folder(logs)

    def new(self) -> list[str]:
        if self._anew:
            self._source = self._watch.folder(self.logs)
        return self._watch.drain(self._source)


@pytest.fixture
def watched(logs: Path, watch: Committer, anew: bool) -> Watched:
    return Watched(logs, watch, anew)


def test_a_renamed_log_goes_on_under_its_new_name(watched: Watched) -> None:
    add(watched.logs / "a.log", lines(0, 5))
    assert watched.new() == names(0, 5)
    add(watched.logs / "a.log", lines(5, 7))
    (watched.logs / "a.log").rename(watched.logs / "a.log.1")
    add(watched.logs / "a.log", lines(7, 9))
    assert sorted(watched.new()) == names(5, 9)
    (watched.logs / "a.log.1").rename(watched.logs / "a.log.2")
    (watched.logs / "a.log").rename(watched.logs / "a.log.1")
    add(watched.logs / "a.log", lines(9, 10))
    assert watched.new() == ["9"]


def test_a_log_goes_on_under_a_name_that_says_nothing(watched: Watched) -> None:
    add(watched.logs / "a.jsonl", lines(0, 5))
    assert watched.new() == names(0, 5)
    add(watched.logs / "a.jsonl", lines(5, 7))
    (watched.logs / "a.jsonl").rename(watched.logs / "a.jsonl.old")
    assert watched.new() == names(5, 7)


def test_a_log_that_is_copied_and_cut(watched: Watched) -> None:
    add(watched.logs / "a.log", lines(0, 5))
    assert watched.new() == names(0, 5)
    add(watched.logs / "a.log", lines(5, 7))
    shutil.copy(watched.logs / "a.log", watched.logs / "a.log.1")
    os.truncate(watched.logs / "a.log", 0)
    add(watched.logs / "a.log", lines(7, 8))
    assert sorted(watched.new()) == names(5, 8)
    assert watched.new() == []


def test_a_log_that_is_cut_and_longer_again(watched: Watched) -> None:
    add(watched.logs / "a.log", lines(0, 3))
    assert watched.new() == names(0, 3)
    shutil.copy(watched.logs / "a.log", watched.logs / "a.log.1")
    os.truncate(watched.logs / "a.log", 0)
    add(watched.logs / "a.log", lines(3, 9))
    assert watched.new() == names(3, 9)


def test_a_log_with_a_heading_that_is_written_anew(watched: Watched) -> None:
    add(watched.logs / "a.log", "# version 1\n" + lines(0, 3))
    assert watched.new() == ["# version 1", *names(0, 3)]
    os.truncate(watched.logs / "a.log", 0)
    add(watched.logs / "a.log", "# version 1\n" + lines(3, 20))  # longer than what was taken
    assert watched.new() == ["# version 1", *names(3, 20)]


def test_a_log_that_is_compressed(watched: Watched) -> None:
    add(watched.logs / "a.log", lines(0, 5))
    assert watched.new() == names(0, 5)
    add(watched.logs / "a.log", lines(5, 7))  # was not read before it is gone
    (watched.logs / "a.log.1.gz").write_bytes(gzip.compress((watched.logs / "a.log").read_bytes()))
    (watched.logs / "a.log").unlink()
    assert watched.new() == names(5, 7)
    assert watched.new() == []
    (watched.logs / "a.log.1.gz").rename(watched.logs / "a.log.2.gz")
    assert watched.new() == []


def test_a_log_that_is_copied_while_it_goes_on(watched: Watched) -> None:
    add(watched.logs / "a.jsonl", lines(0, 5))
    assert watched.new() == names(0, 5)
    shutil.copy(watched.logs / "a.jsonl", watched.logs / "copy.jsonl")
    add(watched.logs / "a.jsonl", lines(5, 7))
    assert watched.new() == names(5, 7)
    assert watched.new() == []


def test_a_log_that_a_copy_replaces(watched: Watched) -> None:
    add(watched.logs / "a.jsonl", lines(0, 5))
    assert watched.new() == names(0, 5)
    shutil.copy(watched.logs / "a.jsonl", watched.logs / ".a.jsonl.part")
    add(watched.logs / ".a.jsonl.part", lines(5, 7))
    (watched.logs / ".a.jsonl.part").rename(watched.logs / "a.jsonl")  # as rsync does
    assert watched.new() == names(5, 7)


def test_another_log_with_the_same_first_line(watched: Watched) -> None:
    add(watched.logs / "a.log", "# version 1\n")
    assert watched.new() == ["# version 1"]
    add(watched.logs / "b.log", "# version 1\n" + lines(0, 3))
    assert watched.new() == names(0, 3)
    add(watched.logs / "a.log", lines(3, 4))
    add(watched.logs / "b.log", lines(4, 5))
    assert sorted(watched.new()) == names(3, 5)


def test_another_name_of_the_same_file(watched: Watched) -> None:
    add(watched.logs / "a.jsonl", lines(0, 5))
    os.link(watched.logs / "a.jsonl", watched.logs / "b.jsonl")
    assert watched.new() == names(0, 5)
    (watched.logs / "a.jsonl").unlink()
    add(watched.logs / "b.jsonl", lines(5, 6))
    assert watched.new() == ["5"]


def test_a_log_that_is_deleted_and_made_again(watched: Watched) -> None:
    add(watched.logs / "a.jsonl", lines(0, 5))
    assert watched.new() == names(0, 5)
    (watched.logs / "a.jsonl").unlink()
    add(watched.logs / "a.jsonl", lines(5, 6))  # often with the same inode
    assert watched.new() == ["5"]


def test_a_folder_that_is_moved(watched: Watched) -> None:
    (watched.logs / "day").mkdir()
    add(watched.logs / "day" / "a.jsonl", lines(0, 5))
    assert watched.new() == names(0, 5)
    (watched.logs / "day").rename(watched.logs / "yesterday")
    add(watched.logs / "yesterday" / "a.jsonl", lines(5, 6))
    assert watched.new() == ["5"]


def test_a_folder_that_is_away_for_a_while(watched: Watched, tmp_path: Path) -> None:
    add(watched.logs / "a.jsonl", lines(0, 5))
    assert watched.new() == names(0, 5)
    watched.logs.rename(tmp_path / "away")
    assert watched.new() == []
    (tmp_path / "away").rename(watched.logs)
    add(watched.logs / "a.jsonl", lines(5, 6))
    assert watched.new() == ["5"]


def test_files_on_a_disk_that_came_back_with_other_numbers(watched: Watched) -> None:
    add(watched.logs / "a.jsonl", lines(0, 5))
    (watched.logs / "b.csv").write_text("exchange_id\n1\n")
    assert len(watched.new()) == 6
    for name in ("a.jsonl", "b.csv"):
        shutil.copy2(watched.logs / name, watched.logs / f".{name}")
        (watched.logs / f".{name}").rename(watched.logs / name)
    assert watched.new() == []


def test_what_vanished_unread_is_told_of(logs: Path, watch: Committer, monkeypatch: pytest.MonkeyPatch) -> None:
    source = watch.folder(logs, settle_seconds=60)
    add(logs / "a.jsonl", lines(0, 5) + '{"id"')
    watch.drain(source)
    (logs / "a.jsonl").unlink()
    assert watch.drain(source) == []
    monkeypatch.setattr("stillwatch.sources.files._LOST_SECONDS", -1)
    assert watch.drain(source) == []
    assert watch.counts.lost == 5
    assert watch.troubles == ["`a.jsonl`: vanished, or was cut, with 5 bytes that were not read"]


def test_a_file_that_cannot_be_read_is_told_of_and_stops_no_other(
    logs: Path, watch: Committer, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(logs / "a\n.jsonl", lines(0, 5))
    add(logs / "b.jsonl", lines(5, 7))
    real = content.opened

    def refuse(path: str, place: tuple[int, int]) -> object:
        if path.endswith("a\n.jsonl"):
            raise PermissionError(13, "Permission denied", path)
        return real(path, place)

    source = watch.folder(logs)
    with monkeypatch.context() as patched:
        patched.setattr(content, "opened", refuse)
        assert watch.drain(source) == names(5, 7)
    assert watch.troubles == ["`a\\n.jsonl`: cannot be read: Permission denied; it is tried again when it changes"]
    (logs / "a\n.jsonl").chmod(0o600)
    assert watch.drain(source) == names(0, 5)


def test_what_was_compressed_and_holds_far_more_is_taken_in_batches(logs: Path, watch: Committer) -> None:
    add(logs / "a.log", lines(0, 5))
    source = watch.folder(logs)
    watch.drain(source)
    add(logs / "a.log", lines(5, 400))
    (logs / "a.log.1.gz").write_bytes(gzip.compress((logs / "a.log").read_bytes()))
    (logs / "a.log").unlink()
    sizes = []
    while (batch := source.poll(watch.offset, 5_000, 0)) is not None:
        sizes.append(batch.counts.bytes)
        watch.commit(ids_of(batch), batch.offset)
    assert max(sizes) <= 5_000
    assert watch.ids() == dict.fromkeys(names(0, 400), 1)


def test_a_long_log_is_cut_so_that_workers_can_share_it(
    logs: Path, watch: Committer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taking, "FILE_BYTES", 2_000)
    add(logs / "a.jsonl", lines(0, 200))
    add(logs / "b.jsonl", lines(200, 201))
    source = watch.folder(logs)
    batch = source.poll(watch.offset, 1 << 20, 0)
    assert batch is not None
    sizes = [path.stat().st_size for path in batch.files]
    assert len(sizes) > 4
    assert max(sizes) <= 2_000
    assert len(batch.origins) == len(sizes)
    watch.commit(ids_of(batch), batch.offset)
    add(logs / "a.jsonl", lines(201, 300))
    watch.drain(source)
    assert watch.ids() == dict.fromkeys(names(0, 300), 1)
