"""Lineage and judgements of the made-up run, as a run that continues earlier ones has them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

START = datetime(2026, 4, 22)
HOSTILE_REASON = "`</p>` <script>alert(1)</script> \u202egnp.exe"


def lineage() -> list[dict[str, Any]]:
    """NA2 merges into NA1 and NA1 into N1, NB splits from N1, N4 grows twenty times, N9 and C9 fall silent."""
    rows = [
        _event(1, "N1", "born", 40),
        _event(2, "NA1", "born", 15),
        _event(2, "NA2", "born", 6),
        _event(3, "N1", "grew", 55, overlap=40),
        _event(3, "NA2", "merged_into", 6, "NA1", 6),
        _event(4, "NA1", "merged_into", 21, "N1", 21),
        _event(5, "NB", "split_from", 12, "N1", 12),
        _event(5, "C1", "born", 1_180),
        _event(6, "N1", "replaced_accounts", 1_180, overlap=31),
        _event(1, "N9", "born", 9),
        _event(1, "C9", "born", 8),
        _event(3, "N8", "silent", 30),
        _event(20, "N9", "silent", 9),
        _event(20, "C9", "silent", 8),
    ]
    rows += [_event(run, "N4", "born" if run == 1 else "grew", 292 + run, overlap=291 + run) for run in range(1, 21)]
    return rows


def judgements(account: str) -> list[dict[str, Any]]:
    """Of networks, of an account of C1, of a silent subject, of two subjects that exist nowhere, and one permit."""
    return [
        judgement("NA1", "unsure", "ana", "N1", 21, "asked the holder", ["2026-05-16: merged into N1"]),
        judgement(account, "confirmed", "ben", account, 1, HOSTILE_REASON),
        judgement("N4", "innocent", "ben", "N4", 312, "our own company"),
        judgement("N8", "innocent", "ana", "N8", 0),
        judgement("N77", "innocent", "ana", None, 0),
        judgement("acct_gone", "confirmed", "ana", None, 0),
        {**judgement("N4", "permitted", None, "N4", 312), "source": "permit", "decided_at": None},
    ]


def _event(
    run: int, subject: str, event: str, accounts: int, other: str | None = None, overlap: int | None = None
) -> dict[str, Any]:
    at = START + timedelta(days=8 * run - 8)
    return {
        "run": run,
        "subject": subject,
        "event": event,
        "other": other,
        "at": at,
        "accounts": accounts,
        "overlap": overlap,
    }


def judgement(
    subject: str,
    verdict: str,
    decided_by: str | None,
    applies_to: str | None,
    accounts: int,
    reason: str | None = None,
    through: list[str] | None = None,
) -> dict[str, Any]:
    """One row of the table, of a judgement made ten days after the start."""
    return {
        "source": "judgement",
        "subject": subject,
        "verdict": verdict,
        "decided_at": START + timedelta(days=10),
        "decided_by": decided_by,
        "reason": reason,
        "applies_to": applies_to,
        "accounts": accounts,
        "through": through or [],
    }
