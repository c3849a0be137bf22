"""Altered files of every format: the reader uses, quarantines or refuses them, and a worker that ends is noticed."""

from __future__ import annotations

import json
import random
import sys
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from bench.fuzz import byte_changes, csv_changes, json_changes, parquet_changes, reading, supervisor
from bench.fuzz.__main__ import main, table
from bench.fuzz.guided import seeds_of, target
from bench.fuzz.mutants import Mutant, mutant
from bench.fuzz.reading import GOOD, MISCOUNTED, RAISED, REFUSED, USED, Outcome, UnnamedError, outcomes
from bench.fuzz.seeds import FORMATS, formats, seed
from bench.fuzz.supervisor import CRASHED, HUNG, SWELLED, Supervisor
from bench.fuzz.thrift_tree import footer_of, with_footer

from stillwatch import read

FILES = "240"


def test_altered_files_of_every_format_are_read_or_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["--files", FILES, "--seed", "1", "--keep", str(tmp_path), "--out", str(tmp_path / "counts.json")])
    printed = capsys.readouterr()
    assert code == 0, printed.err
    counts = json.loads((tmp_path / "counts.json").read_text())["counts"]
    assert set(counts) == set(formats())
    assert sum(map(sum, (one.values() for one in counts.values()))) == int(FILES)
    assert {result for one in counts.values() for result in one} == set(GOOD)
    assert printed.out.splitlines()[-1].split()[:3] == ["in", "all", FILES]


@pytest.mark.parametrize("name", formats())
def test_the_same_number_gives_the_same_file(name: str) -> None:
    made = [mutant(3, number, [name]) for number in range(40)]
    assert made == [mutant(3, number, [name]) for number in range(40)]
    assert len({one.data for one in made}) > 30
    assert made != [mutant(4, number, [name]) for number in range(40)]


@pytest.mark.parametrize("name", FORMATS)
def test_unaltered_files_are_used_whole(name: str, tmp_path: Path) -> None:
    whole = [seed(name, random.Random(number), number) for number in range(12)]
    given = [Mutant(n, name, one.table, one.suffix, one.data) for n, one in enumerate(whole)]
    assert {one.table for one in given} > {"exchanges"}
    assert {one.result for one in outcomes(given, tmp_path)} == {USED}


def test_a_footer_is_written_as_it_was_parsed() -> None:
    for number in range(40):
        data = seed("parquet", random.Random(number), number).data
        assert with_footer(data, footer_of(data)) == data


@pytest.mark.parametrize("change", [byte_changes.change, csv_changes.change, json_changes.change])
def test_changes_change(change: object) -> None:
    name = "csv" if change is csv_changes.change else "jsonl"
    data = seed(name, random.Random(2), 1).data
    changed = [change(data, random.Random(number)) for number in range(60)]  # type: ignore[operator]
    assert len(set(changed) - {data}) > 50


def test_changes_of_parquet_are_of_every_depth(tmp_path: Path) -> None:
    data = seed("parquet", random.Random(2), 1).data
    read_by_arrow = Counter()
    for number in range(60):
        (tmp_path / "log.parquet").write_bytes(parquet_changes.change(data, random.Random(number)))
        try:
            read_by_arrow[pq.read_schema(tmp_path / "log.parquet").equals(pq.read_schema(pa.BufferReader(data)))] += 1
        except (OSError, pa.ArrowException, UnicodeDecodeError):
            read_by_arrow["refused"] += 1
    assert min(read_by_arrow[key] for key in (True, False, "refused")) > 3


def test_what_is_refused_is_left_out_and_the_rest_is_read(tmp_path: Path) -> None:
    good = [seed("jsonl", random.Random(number), number) for number in range(3)]
    given = [Mutant(n, "jsonl", one.table, one.suffix, one.data) for n, one in enumerate(good)]
    given.insert(1, Mutant(9, "parquet", "exchanges", ".parquet", b"PAR1 is all there is"))
    found = outcomes(given, tmp_path)
    assert {one.number: one.result for one in found} == {0: USED, 1: USED, 2: USED, 9: REFUSED}
    assert "0000009.parquet` cannot be read" in next(one.said for one in found if one.number == 9)


class TestFaultsOfTheReader:
    whole = seed("jsonl", random.Random(5), 1)
    one = Mutant(7, "jsonl", whole.table, whole.suffix, whole.data)

    def test_another_error_is_one(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(*_: object) -> None:
            raise ZeroDivisionError("by it")

        monkeypatch.setattr(read, "run", fail)
        assert outcomes([self.one], tmp_path) == [Outcome(7, RAISED, "ZeroDivisionError('by it')")]
        with pytest.raises(UnnamedError):
            outcomes([self.one, Mutant(8, "jsonl", "exchanges", ".jsonl", b"")], tmp_path)

    def test_a_lost_row_is_one(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(reading, "_count", lambda *_: 1_000)
        (found,) = outcomes([self.one], tmp_path)
        assert found.result == MISCOUNTED


@pytest.mark.parametrize("name", ["parquet", "binpb", "otel", "litellm", "bedrock", "langfuse", "envoy", "nginx"])
def test_targets_of_guided_alterations_take_whole_input_and_its_halves(name: str) -> None:
    take, seeds = target(name), seeds_of(name)
    assert seeds
    for data in seeds:
        take(data)
        take(data[: len(data) // 2])


WORKER = """
import json, sys, time
for line in sys.stdin:
    numbers = [int(word) for word in line.split()]
    if 3 in numbers:
        sys.exit(134)
    if 4 in numbers:
        time.sleep(60)
    peak = 3 << 30 if 5 in numbers else 1
    found = None if 6 in numbers and len(numbers) > 1 else [{"number": n, "result": "read"} for n in numbers]
    print(json.dumps({"peak": peak, "outcomes": found}), flush=True)
"""


def test_a_worker_that_ends_hangs_or_swells_is_noticed_and_its_batch_read_file_by_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "SECONDS", 2)
    watched = Supervisor(1, tmp_path / "worker", ["jsonl"])
    watched._command = [sys.executable, "-c", WORKER]
    try:
        found = {one.number: one.result for one in watched.outcomes(range(8))}
    finally:
        watched.close()
    assert found == dict.fromkeys(range(8), "read") | {3: CRASHED, 4: HUNG, 5: SWELLED}


def test_the_table_shows_every_fault() -> None:
    text = table({"jsonl": Counter({USED: 3, CRASHED: 1}), "csv": Counter({REFUSED: 1_000})})
    assert text.splitlines()[0].split()[-1] == CRASHED
    assert [line.split()[1] for line in text.splitlines()[1:]] == ["4", "1,000", "all"]
