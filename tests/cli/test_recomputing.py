"""What a seal says of finding its campaign anew is anybody's word: it decides nothing that this machine does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from stillwatch.cli import recomputing
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
    recomputing.recompute(found, Typed(), [str(logs)], tmp_path)
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
    recomputing.recompute(found, Typed(), [str(logs)], tmp_path)
    assert [(one.part, one.outcome) for one in found.findings] == [("figures", "differs")]


def test_settings_of_another_version_are_named(logs: Path) -> None:
    with pytest.raises(RunError, match="does not know the sealed settings"):
        job({"engine": {"name": "abacus"}}, logs)


@pytest.mark.parametrize("row", [{}, {"campaign_id": "C1"}, {"campaign_id": "C1", "targets": 5}])
def test_a_sealed_row_of_another_form_differs(row: dict[str, Any], tmp_path: Path) -> None:
    found = Checked(entries=({"kind": "campaigns"} | row,))
    recomputing._compare_rows(found, tmp_path, recomputing.TABLES[0], ("C1", "C1"))
    assert [(one.part, one.outcome) for one in found.findings] == [("campaigns", "differs")]
