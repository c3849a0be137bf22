"""What the ledger's parts need of it, and the checks of names that all of them make."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

import sqlalchemy as sa

from stillwatch.errors import Mistake, UsageError
from stillwatch.ledger.records import LONGEST_NAME, cleaned

_AT_ONCE = 500
"""Values in one `IN`, well below the limits of both databases."""


class Transactions(Protocol):
    """Gives transactions; a block inside another's is part of it."""

    def writing(self) -> AbstractContextManager[sa.Connection]:
        """A transaction that no other writer shares."""
        ...

    def reading(self) -> AbstractContextManager[sa.Connection]:
        """A transaction that only reads."""
        ...


class Part:
    """A part of the ledger."""

    def __init__(self, ledger: Transactions) -> None:
        self._ledger = ledger


def named(what: str, name: str) -> str:
    """The name without characters that hide; raises UsageError where nothing is left or it is too long."""
    found = " ".join(cleaned(name).split())
    if not found:
        raise UsageError([Mistake(what, "is empty", "say who or what it is")])
    if len(found) > LONGEST_NAME:
        raise UsageError([Mistake(what, f"is longer than {LONGEST_NAME} characters", "shorten it")])
    return found


def portions(values: Sequence[str]) -> Iterator[Sequence[str]]:
    """The values in portions that fit into one statement."""
    for start in range(0, len(values), _AT_ONCE):
        yield values[start : start + _AT_ONCE]
