"""What a campaign took, in units that compare: requests, conversations, tasks, tokens; at the user's prices; and how
much of what could be learned so has been taken.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from stillwatch.settings import read_toml, validated

_AMOUNTS = ("exchanges", "conversations", "tasks", "input_tokens", "output_tokens")


class Price(BaseModel):
    """A model's list price for a million tokens."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    input: float = Field(ge=0, allow_inf_nan=False)
    output: float = Field(ge=0, allow_inf_nan=False)


class Prices(BaseModel):
    """The user's list prices: a currency, where they are published, and a price for each model."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    currency: str = Field(min_length=1, max_length=8)
    source: str = Field(min_length=1, max_length=200)
    models: dict[str, Price]


@dataclass(frozen=True, slots=True)
class Amount:
    """What was taken; None where the log does not say."""

    exchanges: int = 0
    conversations: int | None = None
    tasks: int | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None

    def __add__(self, other: Amount) -> Amount:
        """Both together; what neither says stays unsaid."""
        return Amount(
            self.exchanges + other.exchanges,
            _sum(self.conversations, other.conversations),
            _sum(self.tasks, other.tasks),
            _sum(self.input_tokens, other.input_tokens),
            _sum(self.output_tokens, other.output_tokens),
        )


def _sum(one: int | None, other: int | None) -> int | None:
    return None if one is None and other is None else (one or 0) + (other or 0)


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of a capability's texts has been taken, from how often each was asked."""

    capability: str
    requests: int
    texts: int  # distinct
    once: int  # asked once
    at_half: float  # distinct texts that half of the requests, drawn by chance, would have held (rarefaction)
    covered: float  # share of further requests that would repeat a text asked before (Good and Turing)
    pool: float | None  # texts of which these are a sample, at least (Chao); None where none was asked twice


@dataclass(frozen=True, slots=True)
class Damage:
    """What was taken, before and after each account was detected, by model and by capability."""

    before: Amount = Amount()
    after: Amount = Amount()
    by_model: tuple[tuple[str, Amount, Amount], ...] = ()  # model, before, after
    by_capability: tuple[tuple[str, Amount, Amount], ...] = ()
    coverage: tuple[Coverage, ...] = ()
    prices: Prices | None = None

    def cost(self, model: str, amount: Amount) -> float | None:
        """What the tokens cost at list price; None where the price or the tokens are not known."""
        if not amount.exchanges:
            return 0.0 if self.prices is not None else None
        price = self.prices.models.get(model) if self.prices is not None else None
        if price is None or amount.input_tokens is None or amount.output_tokens is None:
            return None
        return (amount.input_tokens * price.input + amount.output_tokens * price.output) / 1_000_000


def load_prices(path: Path, name: str = "--prices") -> Prices:
    """The user's price table, which an option or a setting of that name has; raises UsageError that lists everything
    wrong in it.
    """
    where, remedy = f"`{name} {path}`", "see docs/methods/dossier.md"
    return validated(Prices, read_toml(path, where, remedy), where, remedy)


def damage(
    usage: Iterable[Mapping[str, Any]], texts: Iterable[Mapping[str, Any]], prices: Prices | None = None
) -> Damage:
    """Sums rows of `campaign_usage` and `campaign_texts` of one campaign."""
    rows = list(usage)
    halves = [_summed(row for row in rows if row["detected"] is detected) for detected in (False, True)]
    return Damage(
        before=halves[0],
        after=halves[1],
        by_model=_by(rows, "request_model"),
        by_capability=_by(rows, "capability"),
        coverage=_coverages(texts),
        prices=prices,
    )


def _summed(rows: Iterable[Mapping[str, Any]]) -> Amount:
    return sum((Amount(**{name: row[name] for name in _AMOUNTS}) for row in rows), Amount())


def _by(rows: Sequence[Mapping[str, Any]], column: str) -> tuple[tuple[str, Amount, Amount], ...]:
    names = sorted({row[column] or "not named" for row in rows})
    parts = []
    for name in names:
        mine = [row for row in rows if (row[column] or "not named") == name]
        before, after = (_summed(row for row in mine if row["detected"] is one) for one in (False, True))
        parts.append((name, before, after))
    return tuple(sorted(parts, key=lambda one: (-(one[1].exchanges + one[2].exchanges), one[0])))


def _coverages(texts: Iterable[Mapping[str, Any]]) -> tuple[Coverage, ...]:
    asked: dict[str, dict[int, int]] = {}
    for row in texts:
        asked.setdefault(row["capability"], {})[int(row["times"])] = int(row["texts"])
    found = [coverage(name, frequencies) for name, frequencies in asked.items()]
    return tuple(sorted(found, key=lambda one: (-one.requests, one.capability)))


def coverage(capability: str, frequencies: Mapping[int, int]) -> Coverage:
    """The coverage of texts of which `frequencies` says how many were asked how many times."""
    requests = sum(times * texts for times, texts in frequencies.items())
    distinct, once, twice = sum(frequencies.values()), frequencies.get(1, 0), frequencies.get(2, 0)
    covered = 1.0 - once / requests if requests else 0.0
    pool = distinct + once**2 / (2 * twice) if twice else (float(distinct) if not once else None)
    return Coverage(capability, requests, distinct, once, rarefied(frequencies, requests // 2), covered, pool)


def rarefied(frequencies: Mapping[int, int], drawn: int) -> float:
    """The expected number of distinct texts among `drawn` requests (Hurlbert): exact, without drawing."""
    requests = sum(times * texts for times, texts in frequencies.items())
    if drawn >= requests:
        return float(sum(frequencies.values()))
    return sum(texts * (1.0 - _missed(requests, times, drawn)) for times, texts in frequencies.items())


def _missed(requests: int, times: int, drawn: int) -> float:
    """The probability that none of `drawn` of the requests is one of `times` given ones."""
    if times > requests - drawn:
        return 0.0
    logs = math.lgamma(requests - times + 1) - math.lgamma(requests - times - drawn + 1)
    return math.exp(logs - math.lgamma(requests + 1) + math.lgamma(requests - drawn + 1))
