"""A permit or judgement that cannot be used stops a scan, and so do logs of which no row can be used."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from stillwatch import flow
from stillwatch.errors import InputError
from stillwatch.job import Inputs, Job, resolve
from stillwatch.read.summary import ReadSummary

LOG = [{"exchange_id": f"e{n}", "account_id": f"a{n % 3}", "started_at": "2026-05-01T08:00:00Z"} for n in range(9)]
HEADER = "permit_id,holder,purpose,valid_from,valid_until,models,exchange_limit\n"
PERMITS = {
    "an unknown purpose": (
        "p,a,Evaluation,,,,",
        "line 2: `purpose` is unknown_word; write one of licensed_distillation",
    ),
    "a word for an end": ("p,a,research,,infinity,,", "`valid_until` is impossible_time (`infinity`)"),
    "a misspelt year": ("p,a,research,,0206-05-01,,", "`valid_until` is impossible_time"),
    "models that are no list": ("p,a,research,,,gpt-4o;gpt-5,", "`models` is wrong_type (`gpt-4o;gpt-5`)"),
    "a word for a limit": ("p,a,research,,,,unlimited", "`exchange_limit` is wrong_type (`unlimited`)"),
    "an end before its beginning": ("p,a,resale,2026-12-01,2026-01-01,,", "permit `p`: its `valid_until` is not after"),
    "no holder": ("p,,research,,,,", "`holder` is missing_key"),
    "two of one id": ("p,a,research,,,,\np,b,research,,,,", "2 different rows have the id `p`"),
}


def asked(folder: Path, **tables: str) -> Job:
    (folder / "log.jsonl").write_text("".join(json.dumps(row) + "\n" for row in LOG))
    named = {}
    for name, text in tables.items():
        (folder / f"{name}.csv").write_text(text)
        named[name] = (str(folder / f"{name}.csv"),)
    return resolve(Inputs((str(folder / "log.jsonl"),), **named))


@pytest.mark.parametrize(("line", "said"), PERMITS.values(), ids=PERMITS)
def test_an_unusable_permit_stops_a_scan(tmp_path: Path, line: str, said: str) -> None:
    job = asked(tmp_path, permits=f"{HEADER}{line}\n")
    assert said in "\n".join(flow.check(job).refusals)
    with pytest.raises(InputError) as caught:
        flow.scan(job, tmp_path / "run")
    assert said in str(caught.value)
    assert not (tmp_path / "run").exists()


def test_an_unusable_judgement_stops_a_scan(tmp_path: Path) -> None:
    job = asked(tmp_path, judgements="subject,verdict,decided_by,decided_at\na1,guilty,me,2026-05-01\n")
    assert "`verdict` is unknown_word; write one of confirmed, innocent, unsure" in "\n".join(flow.check(job).refusals)


def test_usable_decisions_stop_nothing(tmp_path: Path) -> None:
    permits = f'{HEADER}p,a,research,2026-01-01,9999-12-31,gpt-4o,100\nq,b,resale,,,"[""m""]",\n'
    assert flow.check(asked(tmp_path, permits=permits)).refusals == ()


def test_accounts_that_contradict_one_another_are_named(tmp_path: Path) -> None:
    rows = "account_id,created_at,payment_country\na0,2026-01-01,DE\na0,2026-02-01,US\na1,,\na1,,\n"
    found = flow.check(asked(tmp_path, accounts=rows))
    (one,) = found.conflicts
    assert (one["feeds"], one["key"], one["rows"]) == ("accounts", "a0", 2)
    assert one["line"] in (2, 3)
    assert found.refusals == ()


def test_exchanges_in_place_of_accounts_are_refused(tmp_path: Path) -> None:
    rows = "account_id,exchange_id,started_at,input_text\na0,e0,2026-05-01T13:00:00Z,hello\n"
    with pytest.raises(InputError, match="it holds exchanges, not accounts; name a table"):
        flow.check(asked(tmp_path, accounts=rows))


def checked(folder: Path, text: str) -> ReadSummary:
    (folder / "other.jsonl").write_text(text)
    return flow.check(resolve(Inputs((str(folder / "other.jsonl"),))))


def test_logs_without_a_usable_row_are_refused(tmp_path: Path) -> None:
    (said,) = checked(tmp_path, '{"id": "x"}\n{"id": "y"}\n').refusals
    assert said.startswith("none of 2 rows can be used: 2 missing_key (`exchange_id`)")
    assert "`--mapping`" in said and "`stillwatch check --suggest`" in said
    (said,) = checked(tmp_path, '{"exchange_id": "x", "account_id": "a", "started_at": "31/05/2026"}\n').refusals
    assert "2026-05-01T13:00:00Z" in said and "--mapping" not in said
    assert checked(tmp_path, "").refusals == ("the logs hold no row at all; name files that hold exchanges",)


def test_every_refusal_is_said_at_once(tmp_path: Path) -> None:
    lines = "".join(f"p{n},,research,,,,\n" for n in range(50))
    said = flow.check(asked(tmp_path, permits=HEADER + lines)).refusals
    assert "and 30 more" in said
