"""Verdicts for tests: a plain one, and any that a run could have."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from stillwatch.verdicts import Effect, Verdict

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def effect(decision: str = "d1", since: datetime = NOW - HOUR, until: datetime = NOW + HOUR, **given: str) -> Effect:
    """A suspension around `NOW`."""
    said = {
        "effect": "suspend",
        "reason_code": "extraction",
        "appeal": f"SW-{decision}",
        "message": "suspended",
    } | given
    return Effect(said["effect"], said["reason_code"], since, until, decision, said["appeal"], said["message"])


def suspended(account: str, decision: str = "d1") -> Verdict:
    """An account at `act` with one suspension around `NOW`."""
    return Verdict(account, "act", "n0001", "c0001", (effect(decision),))


# any text that JSON can carry, half surrogate pairs and NUL included
texts = st.text(st.characters(exclude_categories=()), max_size=30)
names = st.none() | texts.filter(bool)
moments = st.datetimes(datetime(1971, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))
effects = st.builds(Effect, texts, texts, moments, moments, texts, texts, texts)
verdicts = st.builds(
    Verdict, texts, st.sampled_from([None, "watch", "review", "act"]), names, names, st.lists(effects).map(tuple)
)
snapshots = st.lists(verdicts, unique_by=lambda one: one.account_id, max_size=40)
