"""Logs that appear and grow in a folder are taken whole, each line once, and however often the watch starts anew."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path

import pytest

from stillwatch.errors import InputError
from stillwatch.sources.folder import FolderSource
from tests.sources.committer import Committer
from tests.sources.written import add, lines, names


def test_an_empty_folder_gives_nothing(logs: Path, watch: Committer) -> None:
    assert watch.folder(logs).poll(None, 1000, 0) is None


class TestAGrowingLog:
    def test_is_read_on(self, logs: Path, watch: Committer) -> None:
        source = watch.folder(logs)
        add(logs / "a.jsonl", lines(0, 10))
        assert watch.drain(source) == names(0, 10)
        add(logs / "a.jsonl", lines(10, 15))
        assert watch.drain(source) == names(10, 15)
        assert watch.drain(source) == []
        assert watch.counts.records == 15

    def test_is_read_on_after_a_start(self, logs: Path, watch: Committer) -> None:
        add(logs / "a.jsonl", lines(0, 10))
        watch.drain(watch.folder(logs))
        add(logs / "a.jsonl", lines(10, 15))
        assert watch.drain(watch.folder(logs)) == names(10, 15)
        assert watch.drain(watch.folder(logs)) == []

    def test_gives_at_most_what_was_asked_for(self, logs: Path, watch: Committer) -> None:
        add(logs / "a.jsonl", lines(0, 1000))
        source = watch.folder(logs)
        sizes = []
        while (batch := source.poll(watch.offset, 5000, 0)) is not None:
            sizes.append(batch.counts.bytes)
            watch.commit(["x"] * batch.counts.records, batch.offset)
        assert max(sizes) <= 5000
        assert sum(sizes) == (logs / "a.jsonl").stat().st_size
        assert watch.ids() == {"x": 1000}

    def test_waits_for_the_end_of_a_line(self, logs: Path, watch: Committer) -> None:
        source = watch.folder(logs, settle_seconds=60)
        add(logs / "a.jsonl", lines(0, 3) + '{"id": "3", "te')
        assert watch.drain(source) == names(0, 3)
        add(logs / "a.jsonl", 'xt": ""}\n')
        assert watch.drain(source) == ["3"]

    def test_ends_with_a_whole_object_without_a_line_end(self, logs: Path, watch: Committer) -> None:
        source = watch.folder(logs)
        add(logs / "a.jsonl", lines(0, 3) + '{"id": "3"}')
        assert watch.drain(source) == names(0, 4)
        add(logs / "a.jsonl", "\n" + lines(4, 6))
        assert watch.drain(source) == names(4, 6)

    def test_ends_with_half_a_line_an_hour_later(self, logs: Path, watch: Committer) -> None:
        add(logs / "a.log", '10.0.0.1 - - "GET /" 200\n10.0.0.2 - - "GET')
        assert watch.drain(watch.folder(logs)) == ['10.0.0.1 - - "GET /" 200']
        os.utime(logs / "a.log", (0, 0))  # the time of its names stays, and says that it was touched just now
        assert watch.drain(watch.folder(logs)) == []

    def test_may_have_a_line_larger_than_a_batch(self, logs: Path, watch: Committer) -> None:
        large = json.dumps({"id": "large", "text": "y" * 100_000})
        add(logs / "a.jsonl", lines(0, 2) + large + "\n" + lines(2, 4))
        assert watch.drain(watch.folder(logs), most_bytes=300) == ["0", "1", "large", "2", "3"]

    def test_has_its_files_in_the_order_of_their_times(self, logs: Path, watch: Committer) -> None:
        for number, name in enumerate(("c", "a", "b")):
            add(logs / f"{name}.jsonl", lines(number, number + 1))
            os.utime(logs / f"{name}.jsonl", (1_000_000 + number, 1_000_000 + number))
        assert watch.drain(watch.folder(logs)) == names(0, 3)


def test_an_uncommitted_batch_comes_again(logs: Path, watch: Committer) -> None:
    add(logs / "a.jsonl", lines(0, 10))
    source = watch.folder(logs)
    first = source.poll(None, 1 << 20, 0)
    again = source.poll(None, 1 << 20, 0)
    assert first is not None
    assert again is not None
    assert again.counts == first.counts
    assert watch.drain(watch.folder(logs)) == names(0, 10)


def test_folders_inside_are_read(logs: Path, watch: Committer) -> None:
    (logs / "2026" / "11").mkdir(parents=True)
    add(logs / "2026" / "11" / "a.jsonl", lines(0, 5))
    source = watch.folder(logs)
    assert watch.drain(source) == names(0, 5)
    (logs / "2026" / "12").mkdir()
    add(logs / "2026" / "12" / "a.jsonl", lines(5, 7))
    assert watch.drain(source) == names(5, 7)


class TestAFileThatIsTakenWhole:
    def test_is_taken_once(self, logs: Path, watch: Committer) -> None:
        (logs / "a.jsonl.gz").write_bytes(gzip.compress(lines(0, 10).encode()))
        source = watch.folder(logs)
        assert watch.drain(source) == names(0, 10)
        os.utime(logs / "a.jsonl.gz")
        assert watch.drain(source) == []
        assert watch.drain(watch.folder(logs)) == []

    def test_waits_until_it_is_no_longer_written(self, logs: Path, watch: Committer) -> None:
        source = watch.folder(logs, settle_seconds=0.3)
        (logs / "a.csv").write_text("exchange_id\n1\n")
        assert watch.once(source) == []
        assert watch.once(source, wait=5) == ["exchange_id\n1\n"]

    def test_is_a_document_over_several_lines(self, logs: Path, watch: Committer) -> None:
        (logs / "a.json").write_text('[\n {"id": "1"},\n {"id": "2"}\n]\n')
        assert watch.drain(watch.folder(logs)) == ["1", "2"]

    def test_that_grew_later_is_told_of(self, logs: Path, watch: Committer) -> None:
        (logs / "a.csv").write_text("exchange_id\n1\n")
        source = watch.folder(logs)
        watch.drain(source)
        add(logs / "a.csv", "2\n")
        assert watch.drain(source) == []
        assert watch.counts.lost == 2
        assert "grew by 2 bytes after it was read whole" in watch.troubles[0]

    def test_that_was_replaced_is_another(self, logs: Path, watch: Committer) -> None:
        (logs / "a.csv").write_text("exchange_id\n1\n")
        source = watch.folder(logs)
        watch.drain(source)
        (logs / "new.tmp").write_text("exchange_id\n2\n")
        (logs / "new.tmp").rename(logs / "a.csv")
        assert watch.drain(source) == ["exchange_id\n2\n"]

    def test_keeps_the_kind_of_its_name(self, logs: Path, watch: Committer) -> None:
        for name in ("a.parquet", "b.tsv", "c.csv.gz", "d.log.gz", "e.binpb"):
            (logs / name).write_bytes(name.encode())  # broken ones too: who reads them says so
        batch = watch.folder(logs).poll(None, 1 << 20, 0)
        assert batch is not None
        found = {
            Path(origin).name: "".join(file.suffixes) for origin, file in zip(batch.origins, batch.files, strict=True)
        }
        assert found == {
            "a.parquet": ".parquet",
            "b.tsv": ".tsv",
            "c.csv.gz": ".csv.gz",
            "d.log.gz": ".log.gz",
            "e.binpb": ".binpb",
        }


class TestTheOffset:
    def test_stays_small(self, logs: Path, watch: Committer) -> None:
        for number in range(500):
            add(logs / f"{number}.jsonl", lines(number, number + 1))
        watch.drain(watch.folder(logs))
        assert len(json.dumps(watch.offset)) < 200
        assert len(watch.ids()) == 500

    def test_without_its_journal_is_refused(self, logs: Path, watch: Committer) -> None:
        add(logs / "a.jsonl", lines(0, 5))
        watch.drain(watch.folder(logs))
        for path in (watch.state / "source").glob("*.journal"):
            path.unlink()
        with pytest.raises(InputError, match="is missing; restore the whole state"):
            watch.once(watch.folder(logs))

    @pytest.mark.parametrize("offset", [{}, {"journal": "1", "bytes": 3}, {"journal": 1, "bytes": 3, "digest": "0"}])
    def test_that_is_damaged_is_refused(self, offset: dict[str, object], logs: Path, watch: Committer) -> None:
        add(logs / "a.jsonl", lines(0, 5))
        watch.drain(watch.folder(logs))
        with pytest.raises(InputError, match="cannot be used"):
            watch.folder(logs).poll(offset, 100, 0)


def test_a_full_disk_loses_nothing(logs: Path, watch: Committer, monkeypatch: pytest.MonkeyPatch) -> None:
    add(logs / "a.jsonl", lines(0, 10))
    source = watch.folder(logs)
    full = OSError(28, "No space left on device")

    def fail(*_: object) -> None:
        raise full

    with monkeypatch.context() as patched:
        patched.setattr("stillwatch.sources.journal.os.fsync", fail)
        with pytest.raises(Exception, match="free space"):
            watch.once(source)
    assert watch.drain(source) == names(0, 10)


def test_closing_is_possible_at_any_time(logs: Path, watch: Committer) -> None:
    source: FolderSource = watch.folder(logs)
    source.close()
    assert source.name == str(logs)
