"""Parameters of a group. Each is drawn by name from a wide range unless the recipe fixes it, and is then recorded."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from stillwatch.errors import Mistake, UsageError
from stillwatch_lab.worlds import draws

Value = float | int | str | bool | list[str]


class Parameters:
    """The named parameters of one group of one world.

    A value that the recipe gives replaces the draw; `drawn` holds every value used, for `truth/world.json`. `part` is
    the part of the group that these parameters belong to; it is put before their names in `drawn`.
    """

    def __init__(self, key: int, given: dict[str, Value] | None = None, part: str = "") -> None:
        self.key = key
        self.given = dict(given or {})
        self.drawn: dict[str, Value] = {}
        self.part = part

    def under(self, part: str, key: int) -> Parameters:
        """Parameters of a part of the group: they have their own key, but are given and recorded with the group's."""
        inner = Parameters(key, None, part)
        inner.given, inner.drawn = self.given, self.drawn
        return inner

    def names(self, name: str) -> list[str]:
        """The names that the recipe gives for this parameter, as one text or a list; none if it gives none."""
        value = self._value(name, [])
        return list(value) if isinstance(value, list) else [str(value)]

    def real(self, name: str, low: float, high: float) -> float:
        """A real number, uniform over low … high."""
        return self._number(name, round(low + (high - low) * self._unit(name), 6))

    def scale(self, name: str, low: float, high: float) -> float:
        """A positive number whose logarithm is uniform over low … high."""
        return self._number(name, round(low * math.exp(math.log(high / low) * self._unit(name)), 6))

    def whole(self, name: str, low: int, high: int) -> int:
        """A whole number from low to high, both included, whose logarithm is about uniform."""
        spread = (low + 1) * math.exp(math.log((high + 1.999) / (low + 1)) * self._unit(name)) - 1
        return int(self._number(name, min(int(spread), high)))

    def word(self, name: str, words: Sequence[str]) -> str:
        """One of these words."""
        return str(self._value(name, words[min(int(self._unit(name) * len(words)), len(words) - 1)]))

    def words(self, name: str, words: Sequence[str], low: int, high: int) -> list[str]:
        """Between low and high different words of these."""
        count = min(low + int(self._unit(name) * (high - low + 1)), high, len(words))
        order = np.argsort(draws.child(np.arange(len(words), dtype=np.uint64) + np.uint64(self.key), name))
        value = self._value(name, [words[i] for i in order[:count]])
        return list(value) if isinstance(value, list) else [str(value)]

    def chance(self, name: str, probability: float) -> bool:
        """True with this probability."""
        return bool(self._value(name, self._unit(name) < probability))

    def preset(self, values: dict[str, Value]) -> None:
        """Fixes the parameters that define a kind of group, except those that the recipe fixes otherwise."""
        for name, value in values.items():
            self.given.setdefault(name, value)

    def unused(self) -> list[str]:
        """Names that the recipe gives but nothing used: they are misspelt, or belong to another kind of group."""
        return sorted(set(self.given) - set(self.drawn))

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
