"""What a snapshot says of one account."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple

Level = Literal["watch", "review", "act"]
LEVELS: tuple[Level | None, ...] = (None, "watch", "review", "act")
"""A level's number in the file is its place here."""

_START = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Effect(NamedTuple):
    """What a decision does to an account while `since` <= now < `expires_at`; times without a zone are UTC."""

    effect: str
    reason_code: str
    since: datetime
    expires_at: datetime
    decision_id: str
    appeal: str
    message: str  # what may be shown to the holder


class Verdict(NamedTuple):
    """The account's own level, the network and campaign it belongs to, and the effects of decisions about it."""

    account_id: str
    level: Level | None = None
    network_id: str | None = None
    campaign_id: str | None = None
    effects: tuple[Effect, ...] = ()


def to_microseconds(moment: datetime) -> int:
    """Returns the µs since 1970; a moment without a zone is taken as UTC."""
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return (aware - _START) // _MICROSECOND


def from_microseconds(count: int) -> datetime:
    """Returns the moment so many µs after 1970, in UTC."""
    return _START + timedelta(microseconds=count)
