"""The snapshot that gateways ask: what a run, the accounts that joined since and the ledger say of each account."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pyarrow as pa

from stillwatch.ledger.records import Decision, in_utc
from stillwatch.respond.choice import innocent, names_of
from stillwatch.respond.findings import Finding, Found, found_in
from stillwatch.verdicts import Effect, Level, Verdict, write

if TYPE_CHECKING:
    from stillwatch.ledger.ledger import Ledger


def publish(run: Path, ledger: Ledger, joins: pa.Table | None, folder: Path, now: datetime) -> str:
    """Writes the snapshot into `folder` and returns its id.

    An account that a person has judged innocent, alone or with its network or campaign, has no level and no effect in
    it. Raises InputError where the run or the ledger is damaged, OutputError where something cannot be written.
    """
    found, moment = found_in(run, joins), in_utc(now)
    return write(folder, _verdicts(found, ledger, moment), moment)


def _verdicts(found: Found, ledger: Ledger, now: datetime) -> Iterator[Verdict]:
    # read here, while the snapshot's lock is held: what is reversed meanwhile is dropped from this snapshot afterwards
    with ledger.reading():
        active: dict[str, list[Decision]] = defaultdict(list)
        for one in ledger.decisions.active(now):
            active[one.account_id].append(one)
        cleared = innocent(found, ledger.judgements.latest())
    for account in found.of.keys() | active.keys():
        findings = found.of.get(account, ())
        spared = bool(names_of(account, findings) & cleared)
        effects = () if spared else tuple(map(_effect, active.get(account, ())))
        yield _verdict(account, findings, spared, effects)


def _verdict(account: str, findings: tuple[Finding, ...], spared: bool, effects: tuple[Effect, ...]) -> Verdict:
    if not findings:
        return Verdict(account, None, None, None, effects)
    strongest = findings[0]
    if spared or strongest.level == "none":
        return Verdict(account, None, strongest.network_id, None, effects)
    return Verdict(account, cast(Level, strongest.level), strongest.network_id, strongest.subject, effects)


def _effect(one: Decision) -> Effect:
    return Effect(one.effect, one.reason_code, one.since, one.expires_at, one.decision_id, one.appeal, one.holder_text)
