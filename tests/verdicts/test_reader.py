"""Damaged snapshots are refused and the last good one stays; a swap is seen whole, in other processes too."""

from __future__ import annotations

import multiprocessing
import time
from multiprocessing.queues import SimpleQueue
from pathlib import Path

import pytest

from stillwatch.verdicts import Reader, write
from tests.verdicts.records import NOW, suspended

FORK = multiprocessing.get_context("fork")


def file_of(folder: Path) -> Path:
    (found,) = folder.glob("*.verdicts")
    return found


def decision(reader: Reader, account: str = "a") -> str | None:
    found = reader.find(account, NOW)
    return found.effects[0].decision_id if found and found.effects else None


def test_a_folder_without_snapshot_knows_nothing(tmp_path: Path) -> None:
    reader = Reader(tmp_path / "none")
    assert (reader.snapshot, reader.refused, reader.find("a")) == (None, None, None)


def test_every_bit_that_flips_and_every_length_is_refused(tmp_path: Path) -> None:
    write(tmp_path, [suspended("a"), suspended("b")], NOW)
    path = file_of(tmp_path)
    good = path.read_bytes()
    reader = Reader(tmp_path)
    damaged = [good[:at] + bytes([good[at] ^ (1 << at % 8)]) + good[at + 1 :] for at in range(len(good))]
    damaged += [good[:length] for length in range(len(good))]
    damaged += [good + b"\0", good[:-1] + b"\0\0", bytes(len(good)), b"{}"]
    for content in damaged:
        path.write_bytes(content)
        fresh = Reader(tmp_path)
        assert fresh.refused, content
        assert fresh.find("a", NOW) is None
        assert not reader.refresh()
        assert decision(reader) == "d1", "the last good one stays"
    path.write_bytes(good)
    assert Reader(tmp_path).refused is None


def test_a_file_that_is_cut_short_while_it_is_used_changes_nothing(tmp_path: Path) -> None:
    write(tmp_path, (suspended(f"a{one}") for one in range(5_000)), NOW)
    reader = Reader(tmp_path)
    with file_of(tmp_path).open("r+b") as stream:
        stream.truncate(10)
    assert {decision(reader, f"a{one}") for one in range(5_000)} == {"d1"}
    assert not reader.refresh()
    assert reader.refused
    assert decision(reader, "a7") == "d1"


def test_a_refused_file_is_taken_once_it_is_restored(tmp_path: Path) -> None:
    write(tmp_path, [suspended("a", "d1")], NOW)
    good = file_of(tmp_path).read_bytes()
    file_of(tmp_path).write_bytes(good[:-9])
    reader = Reader(tmp_path)
    assert reader.refused
    file_of(tmp_path).write_bytes(good)
    assert reader.refresh()
    assert reader.refused is None
    assert decision(reader) == "d1"


@pytest.mark.parametrize("named", [b"../../etc/passwd", b"", b"\xff\xfe", b"a" * 100, b"20261130T120000-00"])
def test_a_current_file_that_names_nothing_is_refused(tmp_path: Path, named: bytes) -> None:
    write(tmp_path, [suspended("a")], NOW)
    reader = Reader(tmp_path)
    (tmp_path / "current").write_bytes(named)
    assert not reader.refresh()
    assert reader.refused
    assert decision(reader) == "d1"


def test_a_swap_is_noticed(tmp_path: Path) -> None:
    write(tmp_path, [suspended("a", "d1")], NOW)
    reader = Reader(tmp_path)
    assert not reader.refresh()
    write(tmp_path, [suspended("a", "d2")], NOW)
    assert decision(reader) == "d1"
    assert reader.refresh()
    assert decision(reader) == "d2"


def watch(folder: Path, answers: SimpleQueue[tuple[int, bool, str | None]]) -> None:
    """Looks two accounts up until the last snapshot is there, and says how many were seen and whether any was mixed."""
    reader, seen, mixed = Reader(folder), set[str | None](), False
    until = time.monotonic() + 60
    while "d40" not in seen and time.monotonic() < until:
        reader.refresh()
        loaded = reader.snapshot
        pair = {decision(reader, "a"), decision(reader, "z")}
        mixed |= loaded == reader.snapshot and len(pair) != 1
        seen |= pair
    answers.put((len(seen), mixed, reader.refused))


def test_other_processes_see_every_swap_whole(tmp_path: Path) -> None:
    write(tmp_path, [suspended("a", "d0"), suspended("z", "d0")], NOW)
    answers: SimpleQueue[tuple[int, bool, str | None]] = FORK.SimpleQueue()
    readers = [FORK.Process(target=watch, args=(tmp_path, answers)) for _ in range(2)]
    for one in readers:
        one.start()
    for number in range(1, 41):
        write(
            tmp_path,
            [suspended("a", f"d{number}"), *(suspended(f"m{x}") for x in range(200)), suspended("z", f"d{number}")],
            NOW,
        )
    for one in readers:
        one.join()
    for _ in readers:
        seen, mixed, refused = answers.get()
        assert seen > 1
        assert not mixed
        assert refused is None


def test_the_memory_of_the_one_before_is_used_again_unless_it_is_held(tmp_path: Path) -> None:
    write(tmp_path, (suspended(f"a{one}", "d0") for one in range(1_000)), NOW)
    reader = Reader(tmp_path)
    memories = []
    for number in range(1, 5):
        write(tmp_path, (suspended(f"a{one}", f"d{number}") for one in range(1_000 - 10 * number)), NOW)
        assert reader.refresh()
        memories.append(id(reader._loaded.content))  # type: ignore[union-attr]
        found = {decision(reader, f"a{one}") for one in range(1_000)}
        assert found == {f"d{number}", None}, "nothing of what was there before is found"
    assert memories[0] == memories[2]
    assert memories[1] == memories[3]
    held = reader._loaded
    for number in range(5, 8):
        write(tmp_path, [suspended("a", f"d{number}")], NOW)
        assert reader.refresh()
    assert held is not None
    assert held.find("a7", None) is not None, "a look-up that is under way sees what it began with"
    assert decision(reader) == "d7"
