"""What was taken adds up, prices are the user's own, and coverage agrees with drawing."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.errors import UsageError
from stillwatch.report.dossier.damage import Amount, coverage, damage, load_prices, rarefied

PRICES = 'currency = "USD"\nsource = "price page of 1 June"\n[models.large]\ninput = 3\noutput = 15\n'


def row(model: str | None, capability: str, detected: bool, exchanges: int, tokens: int | None) -> dict[str, object]:
    known = {"conversations": None, "tasks": exchanges, "input_tokens": tokens, "output_tokens": tokens}
    return {"request_model": model, "capability": capability, "detected": detected, "exchanges": exchanges, **known}


ROWS = [
    row("large", "grading", False, 10, 1_000_000),
    row("large", "tool_use", True, 5, 2_000_000),
    row(None, "grading", True, 2, None),
]


def test_amounts_add_up_and_what_is_not_said_stays_unsaid() -> None:
    taken = damage(ROWS, ())
    assert taken.before == Amount(10, None, 10, 1_000_000, 1_000_000)
    assert taken.after == Amount(7, None, 7, 2_000_000, 2_000_000)
    assert [name for name, _, _ in taken.by_model] == ["large", "not named"]
    assert sum((before + after).exchanges for _, before, after in taken.by_capability) == 17


def test_a_price_is_for_a_million_tokens_of_its_model_alone(tmp_path: Path) -> None:
    (tmp_path / "prices.toml").write_text(PRICES, encoding="utf-8")
    taken = damage(ROWS, (), load_prices(tmp_path / "prices.toml"))
    (large, before, after), (other, _, unpriced) = taken.by_model
    assert (taken.cost(large, before), taken.cost(large, after)) == (18.0, 36.0)
    assert taken.cost(other, unpriced) is None
    assert taken.cost(other, Amount()) == 0.0
    assert damage(ROWS, ()).cost(large, before) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("currency = ", "is not TOML"),
        ('currency = "USD"\n', "source"),
        (PRICES.replace("15", "-1"), "models.large.output"),
        (PRICES.replace("15", "nan"), "models.large.output"),
        (PRICES + "\nextra = 1\n", "extra"),
    ],
)
def test_what_is_wrong_in_a_price_table_is_told(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "prices.toml").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=said):
        load_prices(tmp_path / "prices.toml")


def test_rarefaction_is_what_drawing_gives() -> None:
    asked = [text for text, times in enumerate([1] * 40 + [2] * 20 + [9] * 3) for _ in range(times)]
    frequencies = Counter(Counter(asked).values())
    draw = random.Random(3)
    drawn = [len(set(draw.sample(asked, 50))) for _ in range(4_000)]
    assert rarefied(frequencies, 50) == pytest.approx(sum(drawn) / len(drawn), abs=0.15)


@given(st.dictionaries(st.integers(1, 30), st.integers(1, 50), min_size=1), st.integers(0, 400))
def test_rarefaction_grows_to_all_texts(frequencies: dict[int, int], drawn: int) -> None:
    requests = sum(times * texts for times, texts in frequencies.items())
    few, more = rarefied(frequencies, drawn), rarefied(frequencies, drawn + 1)
    assert 0 <= few <= more + 1e-9
    assert more <= min(drawn + 1, sum(frequencies.values())) + 1e-6
    assert rarefied(frequencies, requests) == sum(frequencies.values())


def test_coverage_of_known_pools() -> None:
    everything = coverage("grading", {3: 10})
    assert (everything.covered, everything.pool) == (1.0, 10.0)
    nothing = coverage("grading", {1: 10})
    assert (nothing.covered, nothing.pool) == (0.0, None)
    # 500 draws from a pool of 400: the estimate is a lower bound that comes near
    draw = random.Random(8)
    some = coverage("x", Counter(Counter(draw.randrange(400) for _ in range(500)).values()))
    assert some.pool == pytest.approx(400, rel=0.2)
    assert some.covered == pytest.approx(some.texts / 400, abs=0.1)
