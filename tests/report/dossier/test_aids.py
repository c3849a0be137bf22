"""Aids count hours and days as they are, and say where chance would do as well."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from pathlib import Path

import pytest

from stillwatch.engine.duckdb import DuckDBEngine
from stillwatch.errors import UsageError
from stillwatch.records.naming import FORMS, SUBJECTS
from stillwatch.records.outputs import NETWORK_PROFILES
from stillwatch.report import attribution_aids
from stillwatch.report.dossier.aids import DAYS, quiet_days, quiet_hours
from stillwatch.report.dossier.marks import hours_of_others, marks
from stillwatch.settings import EngineSettings
from tests.report.synthetic_run import SHOWN, SyntheticRun, full_run


@pytest.mark.parametrize("shift", range(24))
def test_sleepers_are_placed_by_their_night(shift: int) -> None:
    # asleep from 23 to 7 by a clock `shift` hours ahead of UTC
    requests = [0 if (hour + shift) % 24 in (23, 0, 1, 2, 3, 4, 5, 6) else 10 for hour in range(24)]
    (line,) = quiet_hours(requests)
    zone = shift if shift < 12 else shift - 24
    assert f"UTC{zone:+d}," in line
    assert "a scheduler can keep any hours" in line


def test_even_hours_place_nobody() -> None:
    (line,) = quiet_hours([10] * 24)
    assert "clocks" not in line
    assert "by chance 33 %" in line
    assert list(quiet_hours([0] * 24)) == list(quiet_days([0] * 7)) == []


def test_days_are_those_of_the_requests(full: SyntheticRun, full_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "names").write_text("bank 4242\n\nACME\n", encoding="utf-8")
    lines = attribution_aids(full_folder, "C1", tmp_path / "names")
    mine = [row["started_at"] for row in full.rows["campaign_exchanges"] if row["campaign_id"] == "C1"]
    days = Counter(DAYS[moment.weekday()] for moment in mine)
    (line,) = (one for one in lines if one.startswith("days: "))
    assert f"Monday {round(100 * days['Monday'] / len(mine))} %" in line
    assert any(line.startswith("hours: ") for line in lines)
    assert any(SHOWN["same_payment_issuer"] in line for line in lines if line.startswith("shared: "))
    assert any(line.startswith("name `bank 4242`: ") and SHOWN["same_payment_issuer"] in line for line in lines)
    assert "name `ACME`: in no shared value that the run shows" in lines
    with pytest.raises(UsageError, match="cannot be read"):
        attribution_aids(full_folder, "C1", tmp_path / "gone")


def habit(made: SyntheticRun, claim: str, keyed: int, usage: float, rate: float) -> None:
    row = {"network_id": "N1", "accounts": 9, "held_since": datetime(1970, 1, 1), "remembered": False}
    made.add(NETWORK_PROFILES, **row, claim=claim, keyed=keyed, usage=usage, rate=rate)


def test_marks_stand_beside_everybody_elses_with_innocent_reasons(tmp_path: Path) -> None:
    made = full_run()
    habit(made, "written_at_density", 1, 0.9, 0.02)
    habit(made, "written_at_density", 5, 0.1, 0.5)
    habit(made, "sent_in_shape", 3, 1.0, 0.1)
    for form, usage, rate in (("grading", 0.8, 0.03), ("answer", 0.2, 0.9)):
        habit(made, "asks_of_kind", SUBJECTS.index("data") * len(FORMS) + FORMS.index(form), usage, rate)
    with DuckDBEngine(EngineSettings(threads=1), tmp_path) as engine:
        made.store(engine)
        lines = {line.split(":")[0].split(" system")[0]: line for line in marks(engine, "C1")}
        assert hours_of_others(engine, "C1") == ([], [], [])
    density = lines["characters for a token of requests"]
    assert "1 to 2: 90 % (everybody else 2 %), 5 or more: 10 % (everybody else 50 %); innocent reasons: " in density
    assert "grading 80 % (everybody else 3 %)" in lines["forms"]
    assert "data 100 % (everybody else 93 %)" in lines["subjects"]
    assert "a system prompt and tools 100 % (everybody else 10 %)" in lines["requests with a"]
    assert "sketches keep no text, script, language, locale or time zone" in lines["language"]
    unknown = "hours of requests, hours of sign-ups and first uses, characters for a token of answers"
    assert lines["not known of this campaign's networks"].endswith(unknown)


def test_hours_of_others_are_those_of_the_day(tmp_path: Path) -> None:
    made = full_run()
    for hour in range(168):
        habit(made, "active_in_hour", hour, 1 / 168, 0.01 if hour % 24 == 3 else 0.005)
    habit(made, "set_up_in_hour", 9, 1.0, 0.25)
    with DuckDBEngine(EngineSettings(threads=1), tmp_path) as engine:
        made.store(engine)
        requests, own, others = hours_of_others(engine, "C1")
    assert requests == pytest.approx([0.07 if hour == 3 else 0.035 for hour in range(24)])
    assert (own[9], sum(own), others[9]) == (1.0, 1.0, 0.25)
    (line,) = quiet_hours(own, others, "hours of sign-ups and first uses", "of these")
    assert line.startswith("hours of sign-ups and first uses: the quietest eight, ")
    assert "hold 0 % of these; of everybody else's 0 %; if people sleep then" in line
