"""Sentences on what was not read, or not as it stood: they come before everything else that a report says."""

from __future__ import annotations

from collections.abc import Iterator

from stillwatch.report.document import Document
from stillwatch.report.wording import count, percent

UNREAD = 3  # unread files that are named one by one


def losses(document: Document) -> Iterator[str]:
    """What is missing from the whole run: many rows, or files."""
    read = sum(one.rows_read for one in document.sources)
    lost = sum(one.rows_quarantined for one in document.sources)
    if lost > document.facts.most_lost * read:
        yield (
            f"{percent(lost / read)} of the rows could not be used ({count(lost)} of {count(read)}); "
            "what they hold is missing from everything below."
        )
    for one in document.unread[:UNREAD]:
        how = "was read only up to its fault" if one.in_part else "was not read"
        yield f"{one.source} {how}: {one.reason}."
    if len(document.unread) > UNREAD:
        yield f"{count(len(document.unread) - UNREAD, 'further file')} could not be read either."


def altered_texts(document: Document) -> str:
    """How many accounts sent what no text holds, or too much of it; empty where none did."""
    found = document.altered
    if not found.accounts:
        return ""
    among = f", {count(found.in_campaigns)} of them in campaigns," if found.in_campaigns else ""
    return (
        f"{count(found.accounts, 'account')}{among} sent texts with characters that no text holds, such as NUL, or "
        f"longer than what is kept ({count(found.exchanges, 'exchange')}). Ordinary programs hardly do so; "
        "`altered_accounts.parquet` lists them."
    )
