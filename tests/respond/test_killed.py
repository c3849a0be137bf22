"""A process that decides is killed many times: no decision that it reported is lost, and none is doubled."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
from pathlib import Path

import sqlalchemy as sa

from stillwatch.ledger import opened
from tests.ledger.conftest import database as database
from tests.ledger.conftest import server as server
from tests.ledger.conftest import where as where
from tests.respond.policies import policy
from tests.respond.runs import many, written

EPOCHS = 12
"""Runs; each finds five accounts more than the one before."""

DECIDES = """
import sys
from datetime import timedelta
from pathlib import Path
from stillwatch.ledger import opened
from stillwatch.respond import People, decide
from tests.respond.policies import policy
from tests.respond.runs import NOW
folder = Path(sys.argv[1])
with opened(sys.argv[2] if "://" in sys.argv[2] else Path(sys.argv[2])) as ledger:
    for number in range(int(sys.argv[3]), int(sys.argv[4])):
        now = NOW + number * timedelta(minutes=10)
        done = decide(folder / f"{number:06}", ledger, policy(folder), None, People(permits=()), now)
        assert done.refusal is None, done.refusal
        print(number, len(done.decided), flush=True)
"""


def test_decisions_are_made_once(where: Path | str, tmp_path: Path) -> None:
    chance, begin, kills = random.Random(18), 0, 0
    folder = tmp_path / "runs"
    for number in range(EPOCHS):
        written(folder / f"{number:06}", many(5 * (number + 1)))
    policy(folder)
    reported: dict[int, int] = {}
    with opened(where):
        pass
    while begin < EPOCHS:
        words = [sys.executable, "-c", DECIDES, str(folder), str(where), str(begin), str(EPOCHS)]
        process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert process.stdout is not None
        told = [process.stdout.readline() for _ in range(chance.randint(1, 3))]  # it has come so far
        try:
            process.wait(timeout=chance.uniform(0.0, 0.15))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            kills += 1
        rest, failed = process.communicate(timeout=60)
        assert "Error" not in failed, failed
        reported |= {int(line.split()[0]): int(line.split()[1]) for line in [*filter(None, told), *rest.splitlines()]}
        begin = max([begin, *(number + 1 for number in reported)])
        check(where, reported)
        assert kills < 100, "it gets no further"
    with opened(where) as ledger, ledger.reading() as connection:
        rows = connection.execute(sa.text("SELECT account_id, count(*) FROM decisions GROUP BY account_id")).all()
    assert {count for _, count in rows} == {1}
    assert len(rows) == 5 * EPOCHS


def check(where: Path | str, reported: dict[int, int]) -> None:
    with opened(where) as ledger:
        accounts = [one.decision.account_id for one in ledger.decisions.list(limit=1_000)]
    assert len(accounts) == len(set(accounts)), json.dumps(accounts)
    if reported:
        assert {f"a{number:03}" for number in range(5 * (max(reported) + 1))} <= set(accounts)
