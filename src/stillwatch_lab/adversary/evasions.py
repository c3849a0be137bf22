"""Evasions and prices as data: one TOML file that anyone can extend."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from stillwatch.errors import Mistake, UsageError
from stillwatch_lab.worlds.parameters import Value

SHIPPED = Path(__file__).parent / "evasions.toml"
RUNGS = ("loud", "letter", "hydra", "mixed", "sharded", "agentic", "grading", "patient")
"""Rungs that a campaign can be found on; `harvest` holds no exchange that asks for extraction."""
GOODS = ("account", "card", "phone", "address_month")
_NAMES = {"name", "says", "rungs", "set", "times", "accounts", "with"}


@dataclass(frozen=True, slots=True)
class Evasion:
    """Changes to a rung: parameters fixed, parameters multiplied by a factor, and a factor of its accounts."""

    name: str
    says: str
    rungs: frozenset[str] = frozenset(RUNGS)
    fixed: Mapping[str, Value] = field(default_factory=dict)
    times: Mapping[str, float] = field(default_factory=dict)
    accounts: float = 1.0


@dataclass(frozen=True, slots=True)
class Price:
    """What one piece of a good costs, and who says so."""

    dollars: float
    source: str


@dataclass(frozen=True, slots=True)
class Drillbook:
    """All prices by good, and for every rung its evasions in the file's order."""

    prices: Mapping[str, Price]
    evasions: Mapping[str, tuple[Evasion, ...]]


def load_drillbook(path: Path = SHIPPED) -> Drillbook:
    """Reads the file; UsageError lists every mistake at once."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError([Mistake(f"`{path}`", f"cannot be read ({error})", "name a TOML file of evasions")]) from error
    entries = raw.get("evasion", [])
    mistakes = [*_price_mistakes(path, raw), *_mistakes(path, entries)]
    if mistakes:
        raise UsageError(mistakes)
    prices = {good: Price(float(raw["prices"][good]["dollars"]), raw["prices"][good]["source"]) for good in GOODS}
    return Drillbook(prices, {rung: _for_rung(entries, rung) for rung in RUNGS})


def _for_rung(entries: list[dict[str, Any]], rung: str) -> tuple[Evasion, ...]:
    """The evasions that apply to a rung, those that take in others resolved; of two equal ones the first."""
    known: dict[str, Evasion] = {}
    for entry in entries:
        own = Evasion(
            entry["name"],
            entry.get("says", ""),
            frozenset(entry.get("rungs", RUNGS)),
            entry.get("set", {}),
            entry.get("times", {}),
            float(entry.get("accounts", 1.0)),
        )
        for name in entry.get("with", ()):
            own = _joined(own, known[name]) if name in known else own
        if rung in own.rungs and (own.fixed or own.times or own.accounts != 1.0):
            known[own.name] = own
    distinct: list[Evasion] = []
    for one in known.values():
        if all(_effect(one) != _effect(other) for other in distinct):
            distinct.append(one)
    return tuple(distinct)


def _joined(own: Evasion, other: Evasion) -> Evasion:
    times = {**other.times, **own.times}
    return replace(own, fixed={**other.fixed, **own.fixed}, times=times, accounts=own.accounts * other.accounts)


def _effect(evasion: Evasion) -> tuple[Mapping[str, Value], Mapping[str, float], float]:
    return evasion.fixed, evasion.times, evasion.accounts


def _price_mistakes(path: Path, raw: dict[str, Any]) -> list[Mistake]:
    prices = raw.get("prices", {})
    return [
        Mistake(f"`{path}` at `prices.{good}`", "has no price", "give `dollars` (a number) and `source` (a text)")
        for good in GOODS
        if not isinstance(prices.get(good, {}).get("dollars"), int | float)
        or not isinstance(prices.get(good, {}).get("source"), str)
    ]


def _mistakes(path: Path, entries: list[dict[str, Any]]) -> list[Mistake]:
    found: list[Mistake] = []
    earlier: set[str] = set()
    for number, entry in enumerate(entries, start=1):
        place, name = f"`{path}` at `evasion` {number}", entry.get("name")
        if not isinstance(name, str) or name in earlier:
            found.append(Mistake(place, "needs a `name` of its own", "give it one"))
        found += [Mistake(place, f"unknown name `{key}`", _REMEDY) for key in sorted(set(entry) - _NAMES)]
        for key, allowed in (("rungs", set(RUNGS)), ("with", earlier)):
            remedy = f"use one of {', '.join(sorted(allowed))}"
            found += [
                Mistake(f"{place} at `{key}`", f"unknown `{one}`", remedy)
                for one in entry.get(key, ())
                if one not in allowed
            ]
        earlier.add(str(name))
    return found


_REMEDY = f"use {', '.join(f'`{name}`' for name in sorted(_NAMES))}"
