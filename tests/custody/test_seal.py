"""A seal holds for its own bytes alone: whatever is changed in dossier, seal, log or files is found."""

from __future__ import annotations

import copy
import random
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from stillwatch.custody import check, log, seal
from stillwatch.custody.check import Checked
from stillwatch.custody.lines import parsed
from stillwatch.custody.seal import Entry, Sealing
from stillwatch.custody.signing import load_signer, load_trusted, signed
from stillwatch.errors import InputError, UsageError
from tests.custody.keys import write_key

NOW = datetime(2026, 6, 7, 12, tzinfo=UTC)
DOSSIER = b"indicators consistent with extraction"
ENTRIES = [Entry({"kind": "evidence", "claim": f"claim_{one}", "bits": one / 3}, shown=one != 2) for one in range(5)]


@pytest.fixture
def how(tmp_path: Path) -> Sealing:
    return Sealing(load_signer(write_key(tmp_path)[0]), NOW, tmp_path / "seals.log")


def sealed(how: Sealing, folder: Path, facts: dict[str, object] | None = None) -> tuple[bytes, Path]:
    table = folder / "evidence.parquet"
    table.write_bytes(b"PAR1 rows PAR1")
    subjects = [("dossier", sha256(DOSSIER).hexdigest()), ("run/evidence.parquet", str(check.digest_of(table)))]
    whole, enter = seal.seal(subjects, facts or {"campaign": "C1"}, ENTRIES, how)
    enter()
    return whole, table


def verified(dossier: bytes, whole: bytes, folder: Path, table: Path) -> Checked:
    found = check.check(dossier, whole, load_trusted(folder / "sealer.pub"))
    check.check_files(found, "run/", {table.name: table})
    check.check_log(found, folder / "seals.log")
    return found


def outcomes(found: Checked) -> dict[str, str]:
    return {one.part: one.outcome for one in found.findings}


def test_what_was_sealed_is_the_same(how: Sealing, tmp_path: Path) -> None:
    whole, table = sealed(how, tmp_path)
    found = verified(DOSSIER, whole, tmp_path, table)
    assert not found.differs
    assert outcomes(found) == {
        "signature": "same",
        "signer": "same",
        "time stamp": "not checked",
        "dossier": "same",
        "entries": "same",
        "run/evidence.parquet": "same",
        "log": "same",
    }
    assert b"claim_1" in whole
    assert b"claim_2" not in whole
    assert "1 of them withheld" in next(one.said for one in found.findings if one.part == "entries")


def test_every_flipped_byte_is_found(how: Sealing, tmp_path: Path) -> None:
    sealed(how, tmp_path)
    whole, table = sealed(how, tmp_path)  # the second goes on from the first
    log_path, draw = tmp_path / "seals.log", random.Random(5)
    parts = {"dossier": DOSSIER, "seal": whole, "log": log_path.read_bytes(), "table": table.read_bytes()}
    for _ in range(300):
        name = draw.choice(list(parts))
        at, bit = draw.randrange(len(parts[name])), 1 << draw.randrange(8)
        changed = bytes(byte ^ bit if place == at else byte for place, byte in enumerate(parts[name]))
        now = parts | {name: changed}
        log_path.write_bytes(now["log"])
        table.write_bytes(now["table"])
        assert verified(now["dossier"], now["seal"], tmp_path, table).differs, (name, at, bit)


@pytest.mark.parametrize("change", ["drop", "repeat", "swap", "cut"])
def test_entries_cannot_be_dropped_repeated_or_moved(how: Sealing, tmp_path: Path, change: str) -> None:
    whole, table = sealed(how, tmp_path)
    lines = whole.split(b"\n")
    changed = {
        "drop": [*lines[:4], *lines[5:]],
        "repeat": [*lines[:4], lines[3], *lines[4:]],
        "swap": [*lines[:3], lines[4], lines[3], *lines[5:]],
        "cut": lines[:-1],
    }[change]
    assert verified(DOSSIER, b"\n".join(changed), tmp_path, table).differs


@pytest.mark.parametrize("seals", [b"", b"\n\n\n\n", b"null\nnull\nnull\n", b"hello"])
def test_what_is_no_seal_differs(seals: bytes) -> None:
    assert check.check(DOSSIER, seals).differs


def test_strangers_and_withdrawn_keys_are_refused(how: Sealing, tmp_path: Path) -> None:
    whole, _ = sealed(how, tmp_path)
    known = load_trusted(tmp_path / "sealer.pub")[0]
    stranger = load_trusted(write_key(tmp_path, "other")[1])
    assert outcomes(check.check(DOSSIER, whole))["signer"] == "not checked"
    assert outcomes(check.check(DOSSIER, whole, stranger))["signer"] == "differs"
    for changed, expected in (
        ({"valid_before": NOW}, "differs"),
        ({"valid_after": NOW + timedelta(1)}, "differs"),
        ({"valid_before": NOW + timedelta(1), "valid_after": NOW}, "same"),
    ):
        assert outcomes(check.check(DOSSIER, whole, [replace(known, **changed)]))["signer"] == expected


def test_two_dossiers_of_one_campaign_stand_in_one_log(how: Sealing, tmp_path: Path) -> None:
    first, table = sealed(how, tmp_path)
    second, _ = sealed(replace(how, now=NOW + timedelta(1)), tmp_path)
    said = [verified(DOSSIER, one, tmp_path, table).findings[-1] for one in (first, second)]
    assert [(one.outcome, one.said) for one in said] == [
        ("same", "this seal is the 1. of 2 in it"),
        ("same", "this seal is the 2. of 2 in it"),
    ]


def test_a_seal_that_its_log_does_not_have_differs(how: Sealing, tmp_path: Path) -> None:
    whole, table = sealed(how, tmp_path)
    (tmp_path / "seals.log").unlink()
    sealed(how, tmp_path)
    assert outcomes(verified(DOSSIER, whole, tmp_path, table))["log"] == "differs"


def test_a_clock_that_went_back_seals_nothing(how: Sealing, tmp_path: Path) -> None:
    sealed(how, tmp_path)
    before = (tmp_path / "seals.log").read_bytes()
    with pytest.raises(UsageError, match="the last seal was made"):
        sealed(replace(how, now=NOW - timedelta(seconds=1)), tmp_path)
    with pytest.raises(UsageError, match="the run was finished"):
        sealed(how, tmp_path, {"run_finished_at": "2026-06-07T12:00:01+00:00"})
    assert (tmp_path / "seals.log").read_bytes() == before


@pytest.mark.parametrize("cut", [1, 30, 66, 200])
def test_a_truncated_log_is_told_and_left_alone(how: Sealing, tmp_path: Path, cut: int) -> None:
    whole, table = sealed(how, tmp_path)
    path = tmp_path / "seals.log"
    path.write_bytes(path.read_bytes()[:-cut])
    before = path.read_bytes()
    assert outcomes(verified(DOSSIER, whole, tmp_path, table))["log"] == "differs"
    with pytest.raises(InputError, match=r"line \d+ of the log"):
        sealed(how, tmp_path)
    assert path.read_bytes() == before


def test_entries_without_their_statement_are_told(how: Sealing, tmp_path: Path) -> None:
    sealed(how, tmp_path)
    path = tmp_path / "seals.log"
    path.write_bytes(path.read_bytes() + b"0" * 64 + b"\n")
    with pytest.raises(InputError, match="no statement seals"):
        log.read(path)


def test_a_missing_file_differs(how: Sealing, tmp_path: Path) -> None:
    whole, table = sealed(how, tmp_path)
    table.unlink()
    assert outcomes(verified(DOSSIER, whole, tmp_path, table))["run/evidence.parquet"] == "differs"


def places(value: object, place: tuple[object, ...] = ()) -> Iterator[tuple[object, ...]]:
    yield place
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from places(inner, (*place, key))


def with_value(statement: object, place: tuple[object, ...], value: object) -> object:
    if not place:
        return value
    changed = copy.copy(statement)
    changed[place[0]] = with_value(changed[place[0]], place[1:], value)  # type: ignore[index]  # a dict or a list
    return changed


@pytest.mark.parametrize(
    "value", [None, 5, -1, 10**40, 1e300, True, "x", "", "2020-01-01", [], {}, [1], {"a": 1}], ids=str
)
def test_a_signed_statement_of_any_form_is_answered(how: Sealing, tmp_path: Path, value: object) -> None:
    whole, table = sealed(how, tmp_path)
    lines, trusted = whole.split(b"\n"), load_trusted(tmp_path / "sealer.pub")
    dated = tuple(replace(one, valid_after=NOW, valid_before=NOW + timedelta(1)) for one in trusted)
    statement = parsed(b64decode(parsed(lines[0])["payload"]))
    for place in places(statement):
        changed = with_value(statement, place, value)
        found = check.check(DOSSIER, b"\n".join([signed(changed, log.PAYLOAD, how.signer), *lines[1:]]), dated)  # type: ignore[arg-type]
        check.check_files(found, "run/", {table.name: table})
        check.check_log(found, tmp_path / "seals.log")
        # what a campaign is called, the seal alone says
        assert found.differs or changed == statement or place == ("predicate", "campaign"), place
