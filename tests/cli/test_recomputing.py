"""What a seal says of finding its campaign anew is anybody's word: it decides nothing that this machine does."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from stillwatch.cli import recomputing, verify
from stillwatch.cli.options import Typed
from stillwatch.custody.check import Checked
from stillwatch.errors import RunError
from stillwatch.job import Inputs, Job
from stillwatch.settings import Settings

ELSEWHERE = {
    "engine": {"name": "spark", "spark_remote": "sc://elsewhere:15002", "temp_directory": "/elsewhere", "threads": 900},
    "sketch": {"key_file": "/elsewhere/key", "batch_rows": 1 << 40},
    "regions": {"countries": "/elsewhere/countries.csv", "hosting": ["/elsewhere/hosting.txt"]},
    "read": {"max_line_bytes": 2_000, "keep_raw": True, "trusted_hops": 3},
    "link": {"minimum_accounts": 9},
    "assess": {"false_discovery_rate": 0.2},
    "evidence": {"off": ["content"]},
}


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    path = tmp_path / "logs.jsonl"
    path.write_text('{"exchange_id": "e", "account_id": "a", "started_at": "2026-06-01T00:00:00Z"}\n')
    return path


def facts(**changed: Any) -> dict[str, Any]:
    whole = {
        "campaign": "C1",
        "settings": Settings().model_dump(mode="json"),
        "stillwatch": "0",
        "key_id": None,
        "window": {"since": "2026-06-01T00:00:00Z", "until": None},
        "figures": {"exchanges": 5},
    }
    return whole | changed


def job(settings: dict[str, Any], logs: Path, typed: Typed | None = None) -> Job | None:
    return recomputing._job(facts(settings=settings), Inputs((str(logs),)), typed or Typed())


def test_a_seal_chooses_no_engine_and_no_file_of_this_machine(logs: Path) -> None:
    found = job(ELSEWHERE, logs)
    assert found is not None
    own = Settings()
    assert (found.settings.engine, found.settings.regions, found.settings.sketch) == (
        own.engine,
        own.regions,
        own.sketch,
    )
    assert not found.settings.read.keep_raw


def test_what_decides_the_findings_is_the_seals(logs: Path) -> None:
    found = job(ELSEWHERE, logs)
    assert found is not None
    sealed = Settings.model_validate(ELSEWHERE)
    for section in ("link", "evidence", "assess"):
        assert getattr(found.settings, section) == getattr(sealed, section)
    assert (found.settings.read.max_line_bytes, found.settings.read.trusted_hops) == (2_000, 3)


def test_the_checkers_own_settings_choose_engine_and_mapping(logs: Path, tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(
        '[engine]\nthreads = 1\n[read]\nmapping = "own-mapping.toml"\n[link]\nnet_bits = 1.0\n'
    )
    found = job({"read": {"mapping": "/elsewhere/mapping.toml"}}, logs, Typed(settings=tmp_path / "own.toml"))
    assert found is not None
    assert found.settings.engine.threads == 1
    assert found.settings.read.mapping == tmp_path / "own-mapping.toml"
    assert found.settings.link == Settings().link


def test_a_mapping_of_the_signers_is_never_read(logs: Path, tmp_path: Path) -> None:
    found = Checked(statement={"subject": [], "predicate": facts(settings={"read": {"mapping": "/elsewhere/m.toml"}})})
    recomputing.recompute(found, Typed(), [str(logs)], None, tmp_path)
    assert [(one.part, one.outcome) for one in found.findings][-1] == ("figures", "not checked")


@pytest.mark.parametrize(
    "changed",
    [
        {"campaign": None},
        {"settings": "none"},
        {"stillwatch": 1},
        {"key_id": []},
        {"window": None},
        {"window": {"since": 5, "until": None}},
        {"window": {"since": "soon", "until": None}},
        {"figures": {}},
        {"figures": {"exchanges": "many"}},
    ],
)
def test_facts_of_another_form_differ(changed: dict[str, Any], logs: Path, tmp_path: Path) -> None:
    found = Checked(statement={"subject": [], "predicate": facts(**changed)})
    recomputing.recompute(found, Typed(), [str(logs)], None, tmp_path)
    assert [(one.part, one.outcome) for one in found.findings] == [("figures", "differs")]


def test_settings_of_another_version_are_named(logs: Path) -> None:
    with pytest.raises(RunError, match="does not know the sealed settings"):
        job({"engine": {"name": "abacus"}}, logs)


def sealed(*files: Path) -> Checked:
    """What a seal says of the files, the last two of which were read as accounts and as what partners report."""
    kinds = ["exchanges"] * (len(files) - 2) + ["accounts", "indicators"]
    subjects = [{"name": "dossier", "digest": {"sha256": "0"}}]
    entries = []
    for place, (file, kind) in enumerate(zip(files, kinds, strict=True), 1):
        subjects.append({"name": f"input/{place}", "digest": {"sha256": sha256(file.read_bytes()).hexdigest()}})
        step = {"kind": "custody", "process": "identification", "input": place, "used_as": kind}
        entries.append(step | ({"file": file.name} if kind == "accounts" else {}))
    return Checked(statement={"subject": subjects, "predicate": facts()}, entries=tuple(entries))


def test_what_was_sealed_and_is_not_given_is_named(logs: Path, tmp_path: Path) -> None:
    """Not even two files of one content are taken for each other's."""
    files = [logs]
    for name, text in (("again.jsonl", logs.read_text()), ("accounts.csv", "account_id\na\n"), ("told.csv", "value\n")):
        files.append(tmp_path / name)
        files[-1].write_text(text)
    found = sealed(*files)
    recomputing._compare_inputs(found, Inputs((str(logs),)))
    assert [(one.part, one.outcome, one.said.partition(":")[0]) for one in found.findings] == [
        ("inputs", "differs", "4 files were sealed; of these 3 are not here, and 0 here are others"),
        ("sealed file 2", "not checked", "exchanges was not given; name it with `--logs`"),
        ("sealed file 3", "not checked", "accounts `accounts.csv` was not given; name it with `--accounts`"),
        ("sealed file 4", "not checked", "indicators was not given; name it with `--indicators`"),
    ]
    assert "were not given: name them and check again" in verify._told(found)
    whole = sealed(*files[:2], files[2], files[3])
    told = (str(files[3]),)
    recomputing._compare_inputs(whole, Inputs((str(logs), str(files[1])), (str(files[2]),), indicators=told))
    assert [(one.part, one.outcome) for one in whole.findings] == [("inputs", "same")]


def test_a_difference_of_what_was_given_is_no_lack(logs: Path) -> None:
    found = Checked(statement={"subject": [], "predicate": facts()})
    recomputing._compare_inputs(found, Inputs((str(logs),)))
    assert [(one.part, one.outcome) for one in found.findings] == [("inputs", "differs")]
    assert verify._told(found) == "something differs: do not rely on it"


def test_a_log_that_was_altered_is_no_lack(logs: Path, tmp_path: Path) -> None:
    accounts = tmp_path / "accounts.csv"
    accounts.write_text("account_id\na\n")
    found = sealed(accounts, accounts)
    recomputing._compare_inputs(found, Inputs((str(logs),)))
    assert [one.part for one in found.findings] == ["inputs", "input 1", "input 2"]
    assert all("or not as it was sealed" in one.said for one in found.findings[1:])
    assert verify._told(found) == "something differs: do not rely on it"


def test_of_many_files_that_are_lacking_the_first_are_named(logs: Path, tmp_path: Path) -> None:
    files = [tmp_path / f"{number}.jsonl" for number in range(30)]
    for number, file in enumerate(files):
        file.write_text(str(number))
    found = sealed(logs, *files)
    recomputing._compare_inputs(found, Inputs((str(logs),)))
    assert len(found.findings) == recomputing.TOLD + 2
    assert found.findings[-1].said == "22 more were not given"


@pytest.mark.parametrize("step", [{}, {"input": [1]}, {"input": 1, "used_as": {"x": 1}, "file": 7}])
def test_strange_steps_of_a_seal_are_shown_as_text(step: dict[str, Any], logs: Path, tmp_path: Path) -> None:
    (tmp_path / "accounts.csv").write_text("account_id\n")
    found = sealed(tmp_path / "accounts.csv", logs)  # the log is the second
    found.entries = ({"process": "identification"} | step,)
    recomputing._compare_inputs(found, Inputs((str(logs),)))
    (lacking,) = [one for one in found.findings if one.part == "sealed file 1"]
    assert "was not given" in lacking.said


@pytest.mark.parametrize("row", [{}, {"campaign_id": "C1"}, {"campaign_id": "C1", "targets": 5}])
def test_a_sealed_row_of_another_form_differs(row: dict[str, Any], tmp_path: Path) -> None:
    found = Checked(entries=({"kind": "campaigns"} | row,))
    recomputing._compare_rows(found, tmp_path, recomputing.TABLES[0], ("C1", "C1"))
    assert [(one.part, one.outcome) for one in found.findings] == [("campaigns", "differs")]


def test_a_sealed_file_of_which_nothing_is_said_cannot_be_named(logs: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.csv"
    other.write_text("account_id\na\n")
    found = sealed(logs, other, other)
    recomputing._compare_inputs(replace(found, entries=()), Inputs((str(logs), str(other))))
    assert [one.said.partition(":")[0] for one in found.findings[1:]] == [
        "a file was not given; it cannot be named here, and what rests on it cannot be checked"
    ]
