"""`respond`, `decisions` and `appeals` from the shell: what is typed, what is printed, and how it ends."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from stillwatch.cli.main import invoke
from stillwatch.ledger import opened
from stillwatch.verdicts import Reader
from tests.ledger.made import NOW, decision
from tests.respond.runs import Seen, written

POLICY = """
key_file = "{key}"
[limits]
share_of_accounts = 0.2
all_accounts = 100
second_person_above = {second}
[timing]
wait = "0m"
batch = "1m"
spread = 1
[holder]
rules = "section 4"
object_at = "https://provider.example/appeal"
[[line]]
name = "act"
level = "act"
effect = "throttle"
lasts = "7d"
reason_code = "extraction"
holder_text = "This use is not allowed."
"""


class Shell:
    """A state with a run of ten accounts, and what commands print about it."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.capsys, self.state = folder, capsys, folder / "state"
        self.newest = datetime.now(UTC) - timedelta(hours=1)
        self.run = written(folder / "run", self.seen(10), newest=self.newest)
        (folder / "policy.key").write_bytes(b"0" * 32)
        self.policy()

    def seen(self, count: int) -> list[Seen]:
        return [Seen(f"a{n}", found=self.newest - timedelta(days=2)) for n in range(count)]

    def policy(self, second: int = 50) -> None:
        (self.folder / "policy.toml").write_text(POLICY.format(key=self.folder / "policy.key", second=second))

    def __call__(self, *words: object, code: int = 0) -> str:
        assert invoke([*map(str, words)]) == code
        shown = self.capsys.readouterr()
        return shown.err if code else shown.out

    def respond(self, *words: object, code: int = 0) -> str:
        return self("respond", self.run, "--policy", self.folder / "policy.toml", *words, code=code)

    def on_state(self, *words: object, code: int = 0) -> str:
        return self(*words, "--state", self.state, code=code)

    def json(self, *words: object) -> Any:
        return json.loads(self.on_state(*words, "--json"))


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(tmp_path, capsys)


class TestRespond:
    def test_decides_and_publishes_once(self, shell: Shell) -> None:
        assert "10 decided (0 wait for a second person)" in shell.respond("--state", shell.state)
        assert "0 decided" in shell.respond("--state", shell.state)
        verdict = Reader(shell.state / "verdicts").find("a3")
        assert verdict is not None
        assert verdict.level == "act"

    def test_takes_the_newest_run_of_a_state(self, shell: Shell) -> None:
        runs = shell.state / "runs"
        written(runs / "000001", shell.seen(2), newest=shell.newest)
        for name, code in (("latest", 1), ("../../run", 1), ("", 1), ("000001", 0)):
            (runs / "latest").write_text(name + "\n")
            words = ("respond", "--policy", shell.folder / "policy.toml")
            said = shell.on_state(*words, code=code)
            assert ("2 decided" if code == 0 else "names no run") in said
        (runs / "latest").unlink()
        (runs / "latest").symlink_to("000001")
        assert "2 kept" in shell.on_state(*words)

    def test_a_state_or_its_pointer_in_place_of_a_run_names_the_newest_run(self, shell: Shell) -> None:
        runs = shell.state / "runs"
        newest = written(runs / "20260601T080000.000000Z", shell.seen(2), newest=shell.newest)
        (runs / "latest").write_text(newest.name + "\n")
        for given in (shell.state, runs / "latest"):
            said = shell("report", given, code=2)
            assert f"`{given}`: is not a run folder" in said
            assert f"name the newest run of that state, `{newest}`" in said

    def test_dry_run_writes_nothing(self, shell: Shell) -> None:
        said = shell.respond("--dry-run")
        assert "throttle: 10 (a0, a1, a2, a3, a4 and 5 more)" in said
        shell.respond("--dry-run", "--state", shell.state)
        assert not shell.state.exists()
        found = json.loads(shell.respond("--dry-run", "--json"))
        assert [len(day["effects"]["throttle"]) for day in found["days"].values()] == [10]

    def test_a_policy_that_goes_too_far_ends_with_1(self, shell: Shell) -> None:
        shell.run = written(shell.folder / "run", shell.seen(30), newest=shell.newest)
        assert "more than `limits.share_of_accounts` allows" in shell.respond("--state", shell.state, code=1)
        assert shell.json("decisions", "list") == []
        found = shell.respond("--dry-run")
        assert "it would have stopped on" in found

    def test_a_run_that_is_refused_leaves_what_gateways_are_told(self, shell: Shell) -> None:
        shell.respond("--state", shell.state)
        before = sorted((shell.state / "verdicts").iterdir())
        shell.run = written(shell.folder / "run", shell.seen(3), newest=shell.newest - timedelta(days=110))
        assert "110 days old" in shell.respond("--state", shell.state, code=1)
        assert sorted((shell.state / "verdicts").iterdir()) == before
        assert Reader(shell.state / "verdicts").find("a9") is not None

    def test_every_mistake_is_listed(self, shell: Shell) -> None:
        said = shell("respond", shell.folder / "none", code=2)
        assert [one.split("`")[1] for one in said.splitlines()] == ["--policy", str(shell.folder / "none"), "--state"]
        assert "RUN: is missing" in shell("respond", "--policy", "p.toml", code=2)
        (shell.folder / "policy.toml").write_text("[limits]\nper_huor = 1\n")
        assert "did you mean `limits.per_hour`?" in shell.respond("--dry-run", code=2)

    def test_json_tells_all(self, shell: Shell) -> None:
        found = json.loads(shell.respond("--state", shell.state, "--json"))
        assert len(found["decided"]) == 10
        assert found["refusal"] is None

    def test_a_permit_is_heeded(self, shell: Shell) -> None:
        (shell.folder / "permits.csv").write_text("permit_id,holder,purpose\n1,a1,research\n")
        (shell.folder / "accounts.csv").write_text("account_id\na1\n")
        words = ("--permits", shell.folder / "permits.csv", "--accounts", shell.folder / "accounts.csv")
        said = shell.respond("--state", shell.state, *words)
        assert "9 decided" in said
        assert "left alone, under a permit: 1 (a1)" in said


class TestDecisions:
    def test_are_listed_and_shown(self, shell: Shell) -> None:
        shell.respond("--state", shell.state)
        assert len(shell.on_state("decisions", "list").splitlines()) == 10
        assert len(shell.on_state("decisions", "list", "--limit", "3").splitlines()) == 3
        (one,) = shell.json("decisions", "list", "--of", "a4")
        assert len(shell.json("decisions", "list", "--of", "C1")) == 10
        assert shell.on_state("decisions", "list", "--status", "waiting") == "no decision\n"
        assert "is no status" in shell.on_state("decisions", "list", "--status", "gone", code=2)
        said = shell.on_state("decisions", "show", one["decision_id"])
        assert "This use is not allowed." in said
        assert shell.json("decisions", "show", one["decision_id"])["evidence"][0]["claim"] == "belongs_to_network"
        assert "is not in the ledger" in shell.on_state("decisions", "show", "d0", code=2)

    def test_wait_for_a_second_person(self, shell: Shell) -> None:
        shell.policy(second=5)
        shell.respond("--state", shell.state)
        ids = [one["decision_id"] for one in shell.json("decisions", "list", "--status", "waiting")]
        assert len(ids) == 10
        assert "is empty" in shell.on_state("decisions", "approve", ids[0], "--by", " ", code=2)
        said = shell.on_state("decisions", "approve", *ids[:3], "--by", "Bo")
        assert said.count("was approved") == 3
        said = shell.on_state("decisions", "refuse", ids[3], "--by", "Bo", "--reason", "a class")
        assert "it had no effect that could end" in said
        said = shell.on_state("decisions", "reverse", ids[0], "--by", "Cy", "--reason", "a class")
        assert "its effect" in said, "it was approved"
        assert "cannot be approved" in shell.on_state("decisions", "approve", ids[4], ids[3], "--by", "Cy", code=2)
        assert len(shell.json("decisions", "list", "--status", "waiting")) == 6, "all or none"

    def test_are_reversed_in_the_snapshot_at_once(self, shell: Shell) -> None:
        done = json.loads(shell.respond("--state", shell.state, "--json"))
        first = shell.json("decisions", "show", done["decided"][0])
        later = datetime.fromisoformat(first["since"]) + timedelta(hours=1)
        before = Reader(shell.state / "verdicts").find(first["account_id"], later)
        assert before is not None
        assert len(before.effects) == 1
        assert "`--reason`: is missing" in shell.on_state("decisions", "reverse", first["decision_id"], code=2)
        said = shell.on_state("decisions", "reverse", first["decision_id"], "--by", "Bo", "--reason", "wrong")
        assert "its effect has ended" in said
        after = Reader(shell.state / "verdicts").find(first["account_id"], later)
        assert after is not None
        assert after.effects == ()

    def test_need_a_ledger(self, shell: Shell) -> None:
        assert "`--state`: is missing" in shell("decisions", "list", code=2)
        assert "there is no ledger in" in shell.on_state("decisions", "list", code=1)
        assert "is no database" in shell("decisions", "list", "--database", "mysql://x", code=2)
        shell.state.mkdir()
        (shell.state / "ledger.db").write_bytes(b"damaged" * 999)
        assert "is damaged" in shell.on_state("decisions", "list", code=1)


class TestAppeals:
    def test_are_heard_by_another_person(self, shell: Shell) -> None:
        shell.policy(second=0)
        done = json.loads(shell.respond("--state", shell.state, "--json"))
        one = done["decided"][0]
        shell.on_state("decisions", "approve", one, "--by", "Bo")
        with opened(shell.state) as ledger:
            appeal = ledger.appeals.receive(one, "It is \x1b[31ma class.\nAsk me.", datetime.now(UTC), "a@b").appeal_id
        assert appeal in shell.on_state("appeals", "list", "--waiting")
        assert "> Ask me." in shell.on_state("appeals", "show", appeal)
        shell.on_state("appeals", "assign", appeal, "--to", "Cy", "--by", "Dee")
        words = ("appeals", "decide", appeal, "--outcome", "overturned")
        assert "`--reason`: is missing" in shell.on_state(*words, code=2)
        assert "let another person" in shell.on_state(*words, "--by", "bo", "--reason", "seen", code=2)
        assert "is innocent" in shell.on_state(*words, "--by", "Cy", "--reason", "a class")
        assert shell.json("appeals", "show", appeal)["status"] == "overturned"
        assert shell.json("decisions", "show", one)["status"] == "reversed"
        assert shell.on_state("appeals", "list", "--waiting") == "no appeal\n"
        assert "left alone, judged innocent: 1" in shell.respond("--state", shell.state)

    def test_that_wait_are_listed_in_the_order_in_which_they_are_to_be_heard(self, shell: Shell) -> None:
        with opened(shell.state) as ledger:
            throwaway = [decision(f"f{number}", subject="C1") for number in range(9)]
            ledger.decisions.add([*throwaway, decision("late", subject="C2")])
            for place, name in enumerate([*(f"df{number}" for number in range(9)), "dlate"]):
                ledger.appeals.receive(name, "No", NOW + timedelta(hours=place))
            heard = [one.decision_id for one, _ in ledger.appeals.waiting()]
        assert heard.index("dlate") == 1
        assert [one["decision_id"] for one in shell.json("appeals", "list", "--waiting")] == heard
        lines = shell.on_state("appeals", "list", "--waiting").splitlines()
        assert [next(word for word in line.split() if word.startswith("d")) for line in lines] == heard

    def test_that_are_unknown_or_unsettled_words_are_mistakes(self, shell: Shell) -> None:
        shell.respond("--state", shell.state)
        assert "is not in the ledger" in shell.on_state("appeals", "show", "a0", code=2)
        assert "is missing or no outcome" in shell.on_state("appeals", "decide", "a0", "--reason", "x", code=2)


def test_help_does_not_wait_for_the_ledger(capsys: pytest.CaptureFixture[str]) -> None:
    import subprocess

    script = "import sys; from stillwatch.cli.main import invoke; invoke(['decisions', '--help']); "
    script += "print(sorted({'sqlalchemy', 'alembic', 'pyarrow', 'duckdb'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120)
    assert done.stdout.splitlines()[-1] == "[]", done.stderr
