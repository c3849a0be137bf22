"""Effects begin late, together and at moments that only the secret foretells; hold-outs stay the same."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from stillwatch.key import Key
from stillwatch.respond.policy import HoldOut, Timing
from stillwatch.respond.timing import Draw
from tests.respond.runs import DAY, NOW

ONE, OTHER = Draw(Key(b"1" * 32)), Draw(Key(b"2" * 32))
HOUR = timedelta(hours=1)


@given(
    at=st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1)).map(lambda one: one.replace(tzinfo=NOW.tzinfo)),
    wait=st.integers(0, 100),
    batch=st.integers(1, 50),
    spread=st.integers(1, 5),
)
def test_an_effect_begins_after_the_wait_and_within_the_batches(
    at: datetime, wait: int, batch: int, spread: int
) -> None:
    settings = Timing.model_validate({"wait": f"{wait}h", "batch": f"{batch}h", "spread": spread})
    begins = ONE.start("account", "C1", at, settings)
    assert begins >= at + wait * HOUR
    assert begins <= at + wait * HOUR + (spread + 1) * batch * HOUR + timedelta(minutes=1)
    assert (begins.second, begins.microsecond) == (0, 0)


def test_accounts_found_at_many_moments_begin_at_few() -> None:
    begins = {ONE.start(f"a{n}", "C1", NOW + n * timedelta(minutes=7), Timing()) for n in range(100)}
    assert len(begins) <= 4


def test_moments_are_not_regular_and_others_cannot_foresee_them() -> None:
    settings = Timing(spread=1)
    mine = [ONE.start("a", "C1", NOW + n * DAY, settings) for n in range(20)]
    theirs = [OTHER.start("a", "C1", NOW + n * DAY, settings) for n in range(20)]
    assert len({one.time() for one in mine}) > 15
    assert mine != theirs


def test_hold_outs_are_a_stable_share() -> None:
    names = [f"a{n}" for n in range(5_000)]
    small = {one for one in names if ONE.held_out(one, HoldOut(share=0.1))}
    large = {one for one in names if ONE.held_out(one, HoldOut(share=0.2))}
    other = {one for one in names if OTHER.held_out(one, HoldOut(share=0.1))}
    assert small < large
    assert 400 < len(small) < 600
    assert len(small & other) < 100
    assert not any(ONE.held_out(one, HoldOut()) for one in names)
