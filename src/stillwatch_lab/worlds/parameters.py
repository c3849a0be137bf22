"""Parameters of a group. Each is drawn by name from a wide range unless the recipe fixes it, and is then recorded."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from stillwatch.errors import Mistake, UsageError
from stillwatch_lab.worlds import draws

Value = float | int | str | bool | list[str]
Range = float | list[float]
"""A chance, or the least and the most of a number."""


class Parameters:
    """The named parameters of one group of one world.

    A value that the recipe gives replaces the draw, and a range that it gives (`widened`) replaces the usual one;
    `drawn` holds every value used, for `truth/world.json`. `part` is the part of the group that these parameters
    belong to; it is put before their names in `drawn`.
    """

    def __init__(
        self, key: int, given: dict[str, Value] | None = None, part: str = "", widened: dict[str, Range] | None = None
    ) -> None:
        self.key = key
        self.given = dict(given or {})
        self.widened = dict(widened or {})
        self.drawn: dict[str, Value] = {}
        self.part = part

    def under(self, part: str, key: int) -> Parameters:
        """Parameters of a part of the group: they have their own key, but are given and recorded with the group's."""
        inner = Parameters(key, None, part)
        inner.given, inner.drawn, inner.widened = self.given, self.drawn, self.widened
        return inner

    def names(self, name: str) -> list[str]:
        """The names that the recipe gives for this parameter, as one text or a list; none if it gives none."""
        value = self._value(name, [])
        return list(value) if isinstance(value, list) else [str(value)]

    def real(self, name: str, low: float, high: float) -> float:
        """A real number, uniform over low … high."""
        low, high = self.edges(name, low, high)
        return self._number(name, round(low + (high - low) * self._unit(name), 6))

    def scale(self, name: str, low: float, high: float) -> float:
        """A positive number whose logarithm is uniform over low … high."""
        low, high = self.edges(name, low, high)
        if low <= 0:
            raise UsageError([Mistake(f"range of `{name}`", f"begins at {low}", "begin it above 0")])
        return self._number(name, round(low * math.exp(math.log(high / low) * self._unit(name)), 6))

    def whole(self, name: str, low: int, high: int) -> int:
        """A whole number from low to high, both included, whose logarithm is about uniform."""
        low, high = (int(edge) for edge in self.edges(name, low, high))
        spread = (low + 1) * math.exp(math.log((high + 1.999) / (low + 1)) * self._unit(name)) - 1
        return int(self._number(name, min(int(spread), high)))

    def word(self, name: str, words: Sequence[str]) -> str:
        """One of these words."""
        return str(self._value(name, words[min(int(self._unit(name) * len(words)), len(words) - 1)]))

    def words(self, name: str, words: Sequence[str], low: int, high: int) -> list[str]:
        """Between low and high different words of these."""
        low, high = (int(edge) for edge in self.edges(name, low, high))
        count = min(low + int(self._unit(name) * (high - low + 1)), high, len(words))
        order = np.argsort(draws.child(np.arange(len(words), dtype=np.uint64) + np.uint64(self.key), name))
        value = self._value(name, [words[i] for i in order[:count]])
        return list(value) if isinstance(value, list) else [str(value)]

    def chance(self, name: str, probability: float) -> bool:
        """True with this probability."""
        wider = self.widened.get(name, probability)
        return bool(self._value(name, self._unit(name) < (max(wider) if isinstance(wider, list) else wider)))

    def optional(self, name: str, otherwise: float = 0.0) -> float:
        """A number that is drawn and recorded only if the recipe gives it or its range, else `otherwise`.

        It is uniform over a range that begins at 0 or below; over any other range its logarithm is uniform.
        """
        if name not in self.given and name not in self.widened:
            return otherwise
        low, high = self.edges(name, otherwise, otherwise)
        return self.scale(name, low, high) if low > 0 else self.real(name, low, high)

    def sometimes(self, name: str) -> bool:
        """True with the probability that the recipe gives; False, without a record, if it gives none."""
        return (name in self.given or name in self.widened) and self.chance(name, 0.0)

    def preset(self, values: dict[str, Value]) -> None:
        """Fixes the parameters that define a kind of group, except those that the recipe fixes otherwise."""
        for name, value in values.items():
            self.given.setdefault(name, value)

    def unused(self) -> list[str]:
        """Names that the recipe gives but nothing used: they are misspelt, or belong to another kind of group."""
        return sorted(set(self.given) - set(self.drawn))

    def edges(self, name: str, low: float, high: float) -> tuple[float, float]:
        """The range of a number: the recipe's, else the usual one."""
        wider = self.widened.get(name, [low, high])
        return (wider[0], wider[1]) if isinstance(wider, list) else (wider, wider)

    def _unit(self, name: str) -> float:
        return float(draws.uniform(np.array([self.key], dtype=np.uint64), name)[0])

    def _number(self, name: str, drawn: float) -> float:
        value = self._value(name, drawn)
        if isinstance(value, str | list):
            remedy = f"write a number, such as {drawn}"
            raise UsageError([Mistake(f"parameter `{name}`", f"`{value}` is not a number", remedy)])
        return value

    def _value(self, name: str, drawn: Value) -> Value:
        value = self.given.get(name, drawn)
        self.drawn[name if name in self.given or not self.part else f"{self.part}: {name}"] = value
        return value


def keys_under(key: int, name: str, count: int) -> draws.Keys:
    """Keys of `count` numbered items of the sort `name` under one key."""
    base = np.full(count, key, dtype=np.uint64)
    return draws.child(base, name, np.arange(count, dtype=np.int64))
