"""One run after another is decided on."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

from stillwatch.ledger.ledger import Ledger
from stillwatch.respond import People, Policy, Summary, decide
from tests.respond.runs import NOW, Seen, written

HOUR = timedelta(hours=1)
NOBODY = People(permits=())


def accounts_of(summary: Summary) -> list[str]:
    return sorted(one.account_id for one in summary.decided)


class Epochs:
    """Decides on one run after another."""

    def __init__(self, folder: Path, ledger: Ledger, rules: Policy, people: People = NOBODY) -> None:
        self.folder, self.ledger, self.rules, self.people, self.number = folder, ledger, rules, people, 0

    def next(self, seen: list[Seen], now: Any = NOW, joins: pa.Table | None = None, **said: Any) -> Summary:
        self.number += 1
        run = written(self.folder / f"{self.number:06}", seen, **said)
        return decide(run, self.ledger, self.rules, joins, self.people, now)
