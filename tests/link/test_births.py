"""Cohorts of sign-ups are found within their hour; a busy hour, a new client and chance make none."""

from __future__ import annotations

import numpy as np
import pytest

from stillwatch.link.births import FALSE, LEAST, STATED, SignUps, cohorts
from stillwatch.records.claims import SAME_EMAIL_SHAPE, SAME_PAYMENT_ISSUER, SAME_SIGNUP_FINGERPRINT
from stillwatch.records.definitions import DAY, HOUR

SHAPE, ISSUER, CLIENT = (STATED.index(one) for one in (SAME_EMAIL_SHAPE, SAME_PAYMENT_ISSUER, SAME_SIGNUP_FINGERPRINT))
NOW = 40 * DAY


def stream(draw: np.random.Generator, usual: int = 4_000, now: int = 40) -> tuple[np.ndarray, np.ndarray]:
    """Sign-ups of forty days, and so many in the hour from NOW on; every value is one of fifty, some popular."""
    at = np.concatenate([np.sort(draw.integers(0, NOW, usual)), NOW + np.sort(draw.integers(0, HOUR, now))])
    return at, np.minimum(draw.geometric(0.06, (len(STATED), len(at))), 50).astype(np.int64)


def found(at: np.ndarray, value: np.ndarray) -> list:
    held = SignUps([f"a{place}" for place in range(len(at))], at, value)
    return list(cohorts(held, NOW, NOW + HOUR))


@pytest.fixture
def draw() -> np.random.Generator:
    return np.random.default_rng(4)


def test_accounts_made_for_one_operator_are_found(draw: np.random.Generator) -> None:
    at, value = stream(draw)
    made = np.arange(len(at) - 12, len(at))
    value[SHAPE, made], value[ISSUER, made] = 33, 44
    (one,) = found(at, value)
    assert {f"a{place}" for place in made} <= set(one.accounts)
    assert len(one.accounts) <= 14
    assert {SAME_EMAIL_SHAPE.name, SAME_PAYMENT_ISSUER.name} <= set(one.claims)
    assert one.expected < 1.0


def test_a_busy_hour_is_none(draw: np.random.Generator) -> None:
    assert found(*stream(draw, now=1_500)) == []


def test_a_new_version_of_a_popular_client_is_none(draw: np.random.Generator) -> None:
    at, value = stream(draw, now=200)
    value[CLIENT, -150:] = 99
    assert found(at, value) == []


def test_too_few_are_none(draw: np.random.Generator) -> None:
    at, value = stream(draw)
    value[:, -(LEAST - 1) :] = 77
    assert found(at, value) == []


def test_chance_makes_as_few_as_is_said(draw: np.random.Generator) -> None:
    """Three hundred hours of sign-ups without any cohort."""
    at = np.sort(draw.integers(0, NOW, 20_000))
    value = np.minimum(draw.geometric(0.06, (len(STATED), len(at))), 50).astype(np.int64)
    held = SignUps([str(place) for place in range(len(at))], at, value)
    assert len(list(cohorts(held, NOW - 300 * HOUR, NOW))) <= 1
    assert FALSE < 1.0


def test_what_is_usual_must_be_known(draw: np.random.Generator) -> None:
    at, value = stream(draw, usual=50)
    value[SHAPE, -12:] = 33
    assert found(at, value) == []
