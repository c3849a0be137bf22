"""A dossier is sealed and verified from the shell, and whoever lacks something is told what."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from stillwatch.cli.main import invoke
from stillwatch.cli.report import WRITE
from stillwatch.cli.verify import custody
from stillwatch.ledger import Attribution, Judged, Judgement, opened
from tests.custody.keys import write_key
from tests.ledger.made import NOW, decision
from tests.report.conftest import full, full_folder  # noqa: F401  a run folder made once

PROFILES = ("internal", "partner", "counsel", "government")


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    write_key(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def seal(run: Path, *words: str, out: str = "d.md") -> int:
    sealing = ["--sign", "sealer", "--custody-log", "seals.log", "--out", out, "--by", "Bo"]
    return invoke(["report", str(run), "--campaign", "C2", *sealing, *words])


def verify(*words: str) -> tuple[int, dict[str, str]]:
    with pytest.MonkeyPatch.context() as patched:
        told: list[list[dict[str, str]]] = []
        patched.setattr("stillwatch.cli.verify.print_json", told.append)
        code = invoke(["report", "verify", "d.md", "--json", *words])
    return code, {one["part"]: one["outcome"] for one in told[0]}


@pytest.mark.parametrize("profile", PROFILES)
def test_what_was_sealed_verifies(full_folder: Path, work: Path, profile: str) -> None:  # noqa: F811
    assert seal(full_folder, "--profile", profile) == 0
    code, found = verify("--key", "sealer.pub", "--run", str(full_folder), "--custody-log", "seals.log")
    assert code == 0
    assert {part for part, outcome in found.items() if outcome != "same"} == {"time stamp"}
    assert {"dossier", "entries", "log", "signer", "run/evidence.parquet", "run/run.json"} <= set(found)
    text = (work / "d.md.seal").read_text(encoding="ascii")
    assert ("acct_" in text) is (profile in ("internal", "counsel"))
    statement = custody().check((work / "d.md").read_bytes(), (work / "d.md.seal").read_bytes()).statement
    steps = {
        one["entry"]["process"] for one in map(json.loads, text.splitlines()[3:]) if "process" in one.get("entry", {})
    }
    assert steps == {"identification", "collection", "acquisition", "preservation"}
    assert ('"kind":"reference_shares"' in text) is (profile in ("internal", "counsel"))
    facts = statement["predicate"]
    assert (facts["settings"] is None) is (profile in ("partner", "government"))
    assert facts["figures"]["level"] == "review"


def test_a_changed_dossier_table_or_log_is_named(full_folder: Path, work: Path) -> None:  # noqa: F811
    assert seal(full_folder) == 0
    before = (work / "d.md").read_bytes()
    (work / "d.md").write_bytes(before.replace(b"consistent", b"consisting"))
    assert verify() == (1, verify()[1])
    assert verify()[1]["dossier"] == "differs"
    (work / "d.md").write_bytes(before)
    (work / "seals.log").write_bytes((work / "seals.log").read_bytes()[:-1])
    code, found = verify("--run", str(work), "--custody-log", "seals.log")
    assert code == 1
    assert found["log"] == found["run/evidence.parquet"] == "differs"
    assert found["dossier"] == "same"


def test_two_dossiers_of_one_campaign_stand_in_one_log(full_folder: Path, work: Path) -> None:  # noqa: F811
    assert seal(full_folder) == seal(full_folder, "--format", "html", out="e.html") == 0
    assert verify("--custody-log", "seals.log")[1]["log"] == "same"
    assert invoke(["report", "verify", "e.html", "--custody-log", "seals.log"]) == 0
    assert (work / "d.md").read_bytes() != (work / "e.html").read_bytes()


def test_deeds_and_attributions_of_the_ledger_are_sealed(full_folder: Path, work: Path) -> None:  # noqa: F811
    with opened(work / "state") as ledger:
        ledger.decisions.add([decision("1", subject="C2"), decision("2", subject="C9")])
        ledger.attributions.add([Attribution("C2", "hypothesis", "Bo", NOW, "lab", text="one laboratory")])
        appeal = ledger.appeals.receive("d1", "I only study.", NOW)
        ledger.appeals.decide(appeal.appeal_id, "overturned", "Cy", NOW, "a class")
    assert seal(full_folder, "--state", "state") == 0
    text, sealed = (work / "d.md").read_text(), (work / "d.md.seal").read_text()
    assert "| throttle | reversed | 1 |" in text
    assert "| overturned | 1 |" in text
    assert "one laboratory" in text
    assert '"kind":"attribution"' in sealed
    assert '"row":"hypothesis"' in sealed
    assert '"decision_id":"d1"' in sealed
    assert '"decision_id":"d2"' not in sealed
    assert "I only study" not in sealed + text


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("RUN --format pdf", "`--format pdf`: is for dossiers"),
        ("RUN --campaign C2 --format pdf", "`--format pdf`: is not for terminals"),
        ("RUN --campaign C2 --sign sealer", "`--sign`: needs a dossier in a file"),
        ("RUN --campaign C2 --custody-log x", "`--custody-log`: is for seals"),
        ("RUN --campaign C2 --out d.md --sign nokey", "key file `nokey`: cannot be read"),
        ("RUN --campaign C9 --out d.md --sign sealer", "`--campaign C9`: is not in this run"),
        ("RUN --campaign C2 --prices gone.toml", "`--prices gone.toml`: cannot be read"),
        ("verify gone.md", "`gone.md`: cannot be read"),
        ("verify sealer.pub", "`sealer.pub.seal`: cannot be read"),
        ("holder RUN --account nobody", "is in no campaign of this run"),
        ("holder RUN --account nobody --format docx", "`--format docx`: is not a format"),
    ],
)
def test_what_is_missing_is_told(
    full_folder: Path,  # noqa: F811
    work: Path,
    capsys: pytest.CaptureFixture[str],
    words: str,
    said: str,
) -> None:
    assert invoke(["report", *(str(full_folder) if word == "RUN" else word for word in words.split())]) == 2
    assert said in capsys.readouterr().err
    assert not list(work.glob("d.md*"))


def test_words_without_a_command_are_written(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["report", "--help"], ["report", WRITE, "--help"]):
        assert invoke(words) == 0
        assert "--custody-log" in capsys.readouterr().out
    assert invoke(["report"]) == 2


def test_a_holder_gets_an_extract_with_the_ledgers_decision(
    full_folder: Path,  # noqa: F811
    work: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with opened(work / "state") as ledger:
        ledger.decisions.add([decision("1", account_id="acct_x")])
    assert invoke(["report", "holder", str(full_folder), "--account", "acct_x", "--state", "state"]) == 0
    assert "A rule of use was broken." in capsys.readouterr().out
    words = ["--account", "acct_x", "--state", "state", "--format", "pdf", "--out", "x.pdf"]
    assert invoke(["report", "holder", str(full_folder), *words]) == 0
    assert (work / "x.pdf").read_bytes().startswith(b"%PDF")


def test_doors_are_written_with_what_people_judged(
    full_folder: Path,  # noqa: F811
    work: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert invoke(["report", "doors", str(full_folder)]) == 0
    assert "Nobody has judged a finding" in capsys.readouterr().out
    with opened(work / "state") as ledger:
        one = ledger.judgements.add(Judgement("C1", "confirmed", "ann", NOW, "looked"))
        ledger.judgements.note_finding(Judged(one.judgement_id, "run", "act", 9, ()))
    words = ["--state", "state", "--format", "html", "--out", "doors.html"]
    assert invoke(["report", "doors", str(full_folder), *words]) == 0
    assert "Of 1 judged finding people confirmed 1" in (work / "doors.html").read_text(encoding="utf-8")
    assert invoke(["report", "doors", str(full_folder), "--format", "pdf"]) == 2


def test_a_reseller_gets_its_letter(
    full_folder: Path,  # noqa: F811
    work: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = ["report", "reseller", str(full_folder), "--reseller", "shop", "--month"]
    assert invoke([*words, "2026-05", "--out", "letter.pdf", "--format", "pdf"]) == 0
    assert (work / "letter.pdf").read_bytes().startswith(b"%PDF")
    assert invoke([*words, "May"]) == 2
    assert "is no month" in capsys.readouterr().err
