"""What an earlier run left is checked before anything is built on it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stillwatch.engine.duckdb import DuckDBEngine
from stillwatch.errors import InputError
from stillwatch.records.lineage import LINEAGE, LINEAGE_MEMBERS, PREVIOUS_LINEAGE, PREVIOUS_MEMBERS, PREVIOUS_RUN
from stillwatch.records.sketches import ACCOUNT_SKETCHES
from stillwatch.runs.lineage import history
from stillwatch.runs.previous import files, load, metadata, refusal

AT = datetime(2026, 5, 1)
BORN = {"run": 1, "subject": "N1", "event": "born", "at": AT, "accounts": 3}
HELD = [{"subject": "N1", "account_id": name, "joined_at": AT} for name in "abc"]


def written(folder: Path, events: list[Mapping[str, Any]], members: list[Mapping[str, Any]], key: str = "k1") -> Path:
    """A run folder with this lineage."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "run.json").write_text("{}")
    said = {f"stillwatch.{name}": value for name, value in metadata(key, AT).items()}
    for path, table, rows in zip(files(folder), (LINEAGE, LINEAGE_MEMBERS), (events, members), strict=True):
        found = pa.Table.from_pylist([dict(row) for row in rows], schema=table.schema.with_metadata(said))
        pq.write_table(found, path)
    return folder


def test_what_was_written_is_read(tmp_path: Path) -> None:
    found = load(*files(written(tmp_path / "run", [BORN], HELD)), "k1")
    assert found.current == {"N1": frozenset("abc")}
    assert found.runs == 1


@pytest.mark.parametrize(
    ("events", "members", "said"),
    [
        ([BORN, {**BORN, "run": 2}], HELD, "the id `N1` was given to two subjects"),
        ([BORN, {**BORN, "run": 2, "event": "split_from", "other": "N2"}], HELD, "given to two subjects"),
        ([BORN], [*HELD, HELD[0]], "an account belongs twice to `N1`"),
        ([BORN], [*HELD, {**HELD[0], "subject": "N9"}], "no event records the birth of `N9`"),
        ([BORN, {**BORN, "subject": "X1"}], HELD, "no event records the birth of `X1`"),
        ([BORN, {**BORN, "event": "married"}], HELD, "`married` is not a known event"),
        ([{**BORN, "run": 2**63 - 1}], HELD, "9223372036854775807 is not the number of a run"),
        ([{**BORN, "run": 0}], HELD, "`.*` cannot be continued: 0 is not the number of a run"),
    ],
)
def test_a_lineage_that_contradicts_itself_is_refused(
    tmp_path: Path, events: list[Mapping[str, Any]], members: list[Mapping[str, Any]], said: str
) -> None:
    with pytest.raises(InputError, match=said):
        load(*files(written(tmp_path / "run", events, members)), "k1")


def test_of_a_states_lineage_it_is_told_how_the_state_goes_on(tmp_path: Path) -> None:
    state = written(tmp_path / "state", [{**BORN, "run": 0}], HELD)
    (state / "state.json").touch()
    with pytest.raises(InputError, match=r"write `\[\]` for `lineage` in `state.json`"):
        load(*files(state), "k1")


def test_another_key_is_refused_and_told(tmp_path: Path) -> None:
    run = written(tmp_path / "run", [BORN], HELD, key="k2")
    with pytest.raises(InputError, match=r"written under the key `k2`, but this run's key is `k1`.*--key-file"):
        load(*files(run), "k1")


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-40])


def other_format(path: Path) -> None:
    rows = pq.read_table(path)
    pq.write_table(rows.replace_schema_metadata({**rows.schema.metadata, b"stillwatch.lineage_format": b"99"}), path)


def without_a_column(path: Path) -> None:
    rows = pq.read_table(path)
    pq.write_table(rows.drop_columns(["subject"]), path)


def with_a_hole(path: Path) -> None:
    rows = pq.read_table(path)
    place = rows.schema.get_field_index("subject")
    holes = pa.nulls(len(rows), pa.string())
    pq.write_table(rows.set_column(place, pa.field("subject", pa.string()), holes), path)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (cut, "cannot be read"),
        (other_format, "has lineage format 99, this version reads format 1"),
        (without_a_column, "is damaged"),
        (with_a_hole, "is damaged .*subject"),
    ],
)
@pytest.mark.parametrize("which", [0, 1])
def test_a_damaged_file_is_named(tmp_path: Path, which: int, damage: Callable[[Path], None], said: str) -> None:
    run = written(tmp_path / "run", [BORN], HELD)
    damage(files(run)[which])
    with pytest.raises(InputError, match=said) as told:
        load(*files(run), "k1")
    assert files(run)[which].name in str(told.value)


def test_a_folder_that_cannot_be_continued_is_refused_before_it_is_read(tmp_path: Path) -> None:
    assert refusal(written(tmp_path / "run", [BORN], HELD)) == []
    (tmp_path / "file").write_text("")
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    old = written(tmp_path / "old", [BORN], HELD)
    files(old)[0].unlink()
    for folder, said in (
        (tmp_path / "nowhere", "does not exist"),
        (tmp_path / "file", "is a file"),
        (foreign, "is not a run folder"),
        (old, "has no `lineage.parquet`"),
    ):
        (mistake,) = refusal(folder)
        assert said in str(mistake) and str(folder) in str(mistake)


def test_it_is_known_until_when_the_run_had_read(tmp_path: Path) -> None:
    assert load(*files(written(tmp_path / "run", [BORN], HELD))).read_until == AT
    assert load(*files(written(tmp_path / "nothing", [], []))).read_until == AT, "also where it had found nothing"


@pytest.mark.parametrize("said", [b"", b"soon", None])
def test_a_run_that_does_not_say_it_is_damaged_unless_it_had_read_nothing(tmp_path: Path, said: bytes | None) -> None:
    run = written(tmp_path / "run", [BORN], HELD)
    rows = pq.read_table(files(run)[0])
    metadata = {name: value for name, value in rows.schema.metadata.items() if name != b"stillwatch.read_until"}
    if said is not None:
        metadata[b"stillwatch.read_until"] = said
    pq.write_table(rows.replace_schema_metadata(metadata), files(run)[0])
    if said == b"":
        assert load(*files(run)).read_until is None
        return
    with pytest.raises(InputError, match="does not say until when"):
        load(*files(run))


@pytest.mark.parametrize("events", [[BORN], []], ids=["found", "nothing found"])
def test_a_run_that_had_read_further_is_not_continued(engine: DuckDBEngine, events: list[Mapping[str, Any]]) -> None:
    run = [{"read_until": AT}]
    for table, rows in ((PREVIOUS_LINEAGE, events), (PREVIOUS_MEMBERS, HELD if events else []), (PREVIOUS_RUN, run)):
        engine.store(table, pa.Table.from_pylist([dict(row) for row in rows], schema=table.schema))
    account: dict[str, Any] = dict.fromkeys(ACCOUNT_SKETCHES.names, 0)
    account |= {"account_id": "a", "first_seen": AT, "last_seen": datetime(2026, 4, 1)}
    engine.store(ACCOUNT_SKETCHES, pa.Table.from_pylist([account], schema=ACCOUNT_SKETCHES.schema))
    with pytest.raises(InputError, match=r"had read exchanges until 2026-05-01.*these logs end at 2026-04-01"):
        history(engine)
