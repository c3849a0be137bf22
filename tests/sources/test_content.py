"""A file's name and first line say how it is taken, and of its lines only whole ones are."""

from __future__ import annotations

import io
import zlib
from pathlib import Path

import pytest

from stillwatch.sources import content


@pytest.mark.parametrize(
    ("name", "head", "form"),
    [
        ("a.jsonl", b"anything", "lines"),
        ("a.ndjson", b"[", "lines"),
        ("a.jsonl", b"\xff\xfe{\0", "sealed"),
        ("a.jsonl.gz", b"{}", "sealed"),
        ("a.log", b'10.0.0.1 - - [30/Nov/2026] "GET"\n', "lines"),
        ("a.log", b"[2026-11-30T10:00:00Z] GET\n", "lines"),
        ("a.log.1", b'{"id": 1}\n', "lines"),
        ("a.log-20261130", b'{"id": 1}\n', "lines"),
        ("a.log", b'[{"id": 1},\n', "sealed"),
        ("a.json", b"[\n", "sealed"),
        ("a.json", b"{\n", "sealed"),
        ("a.json", b'{"rows": [\n', "sealed"),
        ("a.json", b'\xef\xbb\xbf{"id": 1}\n', "lines"),
        ("a.json", b'{"id": "' + b"x" * content.HEAD, "lines"),
        ("a.json", b'{"id": broken\n', "lines"),
        ("a.csv", b"a,b\n", "sealed"),
        ("a.parquet", b"PAR1", "sealed"),
        ("a.binpb", b"\x0a", "sealed"),
    ],
)
def test_a_file_grows_or_is_taken_whole(name: str, head: bytes, form: str) -> None:
    assert content.form_of(name, head) == form


def test_checksums_of_beginnings() -> None:
    data = bytes(range(256)) * 10_000
    places = [0, 1, 1_000_000, len(data), len(data) + 1]
    found = content.checksums(io.BytesIO(data), places)
    assert found == {place: zlib.crc32(data[:place]) for place in places[:-1]}


def test_another_file_in_its_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    with pytest.raises(content.MovedError), content.opened(str(tmp_path / "a"), (0, 0)):
        pass


def test_links_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    (tmp_path / "b").symlink_to("a")
    status = (tmp_path / "a").stat()
    with pytest.raises(OSError, match="symbolic"), content.opened(str(tmp_path / "b"), (status.st_dev, status.st_ino)):
        pass


class TestLines:
    def copied(self, data: bytes, most: int, tail: str = "no", end: int | None = None) -> tuple[content.Slice, bytes]:
        out = io.BytesIO()
        copy = content.LineCopy(io.BytesIO(data), out, 0)
        return copy.run(most, len(data) if end is None else end, tail), out.getvalue()  # type: ignore[arg-type]

    @pytest.mark.parametrize("most", [1, 2, 5, 7, 100])
    @pytest.mark.parametrize("step", [1, 3, 1 << 20])
    def test_whole_ones_are_taken(self, most: int, step: int, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(content, "_STEP", step)
        data = b"one\ntwo\n\nthree and more\nhalf"
        rest, taken = data, []
        while (found := self.copied(rest, most))[0].bytes:
            piece, out = found
            assert out == rest[: piece.bytes]
            assert out.endswith(b"\n")
            assert piece.lines == out.count(b"\n")
            assert piece.checksum == zlib.crc32(out)
            assert len(out) <= most or out.count(b"\n") == 1
            taken.append(out)
            rest = rest[piece.bytes :]
        assert (b"".join(taken), rest) == (data[:-4], b"half")

    def test_nothing_is_taken_behind_the_end(self) -> None:
        assert self.copied(b"one\ntwo\n", 100, end=5)[1] == b"one\n"

    @pytest.mark.parametrize(
        ("tail", "last", "out"),
        [("no", b"{}", b"a\n"), ("whole", b"{}", b"a\n{}"), ("whole", b"{", b"a\n"), ("any", b"{", b"a\n{")],
    )
    def test_a_last_one_without_an_end(self, tail: str, last: bytes, out: bytes) -> None:
        assert self.copied(b"a\n" + last, 100, tail)[1] == out

    def test_one_that_is_too_long_is_skipped(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(content, "LONGEST_LINE", 50)
        monkeypatch.setattr(content, "_STEP", 10)
        data = b"x" * 100 + b"\n" + b"y\n"
        piece, out = self.copied(data, 20)
        assert (piece.bytes, piece.skipped, piece.lines, out) == (101, 101, 0, b"")
        assert piece.checksum == zlib.crc32(data[:101])
