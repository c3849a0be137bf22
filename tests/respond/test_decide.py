"""A run becomes decisions once, or a refusal says why not; nothing that was seen is written down."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from stillwatch.errors import InputError
from stillwatch.ledger import FILE, opened
from stillwatch.ledger.ledger import Ledger
from stillwatch.respond import People, decide
from stillwatch.runs.epochs import name_of
from tests.respond.epochs import HOUR, NOBODY, Epochs
from tests.respond.policies import policy
from tests.respond.runs import DAY, NOW, SECRET_VALUE, Seen, many, written


class TestRefusals:
    @pytest.mark.parametrize("days", [365, -365])
    def test_of_a_clock_a_year_off(self, tmp_path: Path, ledger: Ledger, days: int) -> None:
        summary = Epochs(tmp_path, ledger, policy(tmp_path)).next(many(3), NOW + days * DAY)
        assert summary.refusal is not None
        assert "set the clock" in summary.refusal
        assert ledger.decisions.list() == ()

    def test_of_a_run_older_than_the_last_one(self, tmp_path: Path, ledger: Ledger) -> None:
        epochs = Epochs(tmp_path, ledger, policy(tmp_path))
        epochs.number = 7
        epochs.next(many(3))
        epochs.number = 3
        summary = epochs.next([], NOW + HOUR)
        assert summary.refusal is not None
        assert "run 000004 is older than run 000008" in summary.refusal
        assert len(ledger.decisions.active(NOW)) == 3

    def test_of_an_older_epoch_of_a_watch(self, tmp_path: Path, ledger: Ledger) -> None:
        first, second = (written(tmp_path / name_of(NOW + hours * HOUR), many(3)) for hours in (0, 1))
        decide(second, ledger, policy(tmp_path), None, NOBODY, NOW)
        summary = decide(first, ledger, policy(tmp_path), None, NOBODY, NOW + HOUR)
        assert summary.refusal is not None
        assert f"run {first.name} is older than run {second.name}" in summary.refusal

    def test_of_a_clock_that_went_back(self, tmp_path: Path, ledger: Ledger) -> None:
        epochs = Epochs(tmp_path, ledger, policy(tmp_path))
        epochs.next(many(1))
        summary = epochs.next([], NOW - 2 * HOUR)
        assert summary.refusal is not None
        assert "a decision was made at" in summary.refusal
        assert summary.reversed == ()
        assert len(ledger.decisions.active(NOW)) == 1

    def test_of_inputs_that_would_have_kept_somebody_out(self, tmp_path: Path, ledger: Ledger) -> None:
        read = [{"feeds": "permits", "source": "permits.csv", "rows_used": 2}]
        protecting = policy(tmp_path, protect={"organisations": ["o1"]})
        unknown = policy(tmp_path).model_copy(
            update={"limits": policy(tmp_path).limits.model_copy(update={"all_accounts": None})}
        )
        for rules, people, inputs, said in (
            (policy(tmp_path), People(), read, "--permits"),
            (policy(tmp_path), People(permits=({"holder": "o1"},)), [], "--accounts"),
            (protecting, NOBODY, [], "--accounts"),
            (unknown, NOBODY, [], "limits.all_accounts"),
        ):
            summary = Epochs(tmp_path, ledger, rules, people).next(many(3), inputs=inputs)
            assert summary.refusal is not None
            assert said in summary.refusal
        assert ledger.decisions.list() == ()

    def test_of_a_damaged_run_or_ledger_lose_nothing(self, tmp_path: Path) -> None:
        rules = policy(tmp_path)
        with opened(tmp_path / "state") as ledger:
            Epochs(tmp_path, ledger, rules).next(many(200))
            broken = written(tmp_path / "broken", many(3))
            (broken / "campaign_members.parquet").write_bytes(b"PAR1")
            with pytest.raises(InputError, match=r"campaign_members\.parquet` cannot be read"):
                decide(broken, ledger, rules, None, NOBODY, NOW)
            assert len(ledger.decisions.active(NOW)) == 200
        path = tmp_path / "state" / FILE
        raw = bytearray(path.read_bytes())
        raw[len(raw) // 2 : len(raw) // 2 + 8_192] = bytes(8_192)
        path.write_bytes(raw)
        run = written(tmp_path / "later", many(3))
        with pytest.raises(InputError, match="is damaged"), opened(tmp_path / "state") as ledger:
            decide(run, ledger, rules, None, NOBODY, NOW)


class TestWhatIsWritten:
    def test_no_value_and_no_prompt_reaches_the_ledger(self, tmp_path: Path, ledger: Ledger) -> None:
        (one,) = Epochs(tmp_path, ledger, policy(tmp_path)).next(many(1)).decided
        assert {item.claim for item in one.evidence} == {
            "belongs_to_network",
            "takes_part",
            "shared_infrastructure",
            "weighed_together",
        }
        kept = b"".join(path.read_bytes() for path in (tmp_path / "state").glob(f"{FILE}*"))
        assert b"weighed_together" in kept
        assert SECRET_VALUE.encode() not in kept
        assert b"203.0.113" not in kept

    def test_every_effect_waits_and_ends(self, tmp_path: Path, ledger: Ledger) -> None:
        for one in Epochs(tmp_path, ledger, policy(tmp_path)).next(many(50)).decided:
            assert NOW + 6 * HOUR <= one.since <= NOW + 42 * HOUR
            assert one.expires_at == one.since + 7 * DAY

    def test_the_holder_reads_rule_months_and_way_to_object(self, tmp_path: Path, ledger: Ledger) -> None:
        (one,) = Epochs(tmp_path, ledger, policy(tmp_path)).next(many(1)).decided
        for said in (
            "section 4",
            "May 2026",
            "https://provider.example/appeal",
            one.appeal,
            f"{one.expires_at:%Y-%m-%d}",
        ):
            assert said in one.holder_text
        for hidden in ("C1", "N1", "bits", "203.0.113", "2026-05-30", "network", "campaign"):
            assert hidden not in one.holder_text

    def test_a_killed_epoch_leaves_nothing(
        self, tmp_path: Path, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def dies(*_: object) -> None:
            raise KeyboardInterrupt

        epochs = Epochs(tmp_path, ledger, policy(tmp_path))
        epochs.next(many(2))
        monkeypatch.setattr(ledger.decisions, "add", dies)
        with pytest.raises(KeyboardInterrupt):
            epochs.next([Seen("b")], NOW + HOUR)
        monkeypatch.undo()
        assert sorted(one.account_id for one in ledger.decisions.active(NOW)) == ["a000", "a001"]
        assert len(epochs.next([*many(2), Seen("b")], NOW + HOUR).decided) == 1


def test_two_writers_decide_once(tmp_path: Path) -> None:
    """Two processes that decide on one run at once make each decision once."""
    run, rules = written(tmp_path / "run", many(40)), policy(tmp_path)

    def work(_: int) -> int:
        with opened(tmp_path / "state") as mine:
            return len(decide(run, mine, rules, None, replace(NOBODY), NOW).decided)

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(work, range(4))) == [0, 0, 0, 40]
