"""Evasions and prices as data, in a TOML file that can be extended."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from stillwatch.errors import Mistake, UsageError, reason_of
from stillwatch_lab.worlds.campaigns.profiles import PROFILES
from stillwatch_lab.worlds.parameters import Value

SHIPPED = Path(__file__).parent / "evasions.toml"
GOODS = ("account", "card", "phone", "address_month")
_NAMES = {"name", "says", "profiles", "set", "times", "accounts", "with"}


@dataclass(frozen=True, slots=True)
class Evasion:
    """Changes to a profile: parameters fixed, parameters multiplied by a factor, and a factor of its accounts."""

    name: str
    says: str
    profiles: frozenset[str] = frozenset(PROFILES)
    fixed: Mapping[str, Value] = field(default_factory=dict)
    times: Mapping[str, float] = field(default_factory=dict)
    accounts: float = 1.0


@dataclass(frozen=True, slots=True)
class Price:
    """The price of one piece of a good, and its source."""

    dollars: float
    source: str


@dataclass(frozen=True, slots=True)
class Playbook:
    """All prices by good, and for every profile its evasions in the file's order."""

    prices: Mapping[str, Price]
    evasions: Mapping[str, tuple[Evasion, ...]]


def load_playbook(path: Path = SHIPPED) -> Playbook:
    """Reads the file; UsageError lists every mistake at once."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(
            [Mistake(f"`{path}`", f"cannot be read ({reason_of(error)})", "name a TOML file of evasions")]
        ) from error
    entries = raw.get("evasion", [])
    mistakes = [*_price_mistakes(path, raw), *_mistakes(path, entries)]
    if mistakes:
        raise UsageError(mistakes)
    prices = {good: Price(float(raw["prices"][good]["dollars"]), raw["prices"][good]["source"]) for good in GOODS}
    return Playbook(prices, {profile: _for_profile(entries, profile) for profile in PROFILES})


def _for_profile(entries: list[dict[str, Any]], profile: str) -> tuple[Evasion, ...]:
    """The evasions that apply to a profile, with included ones resolved; of two that are equal, only the first."""
    known: dict[str, Evasion] = {}
    for entry in entries:
        own = Evasion(
            entry["name"],
            entry.get("says", ""),
            frozenset(entry.get("profiles", PROFILES)),
            entry.get("set", {}),
            entry.get("times", {}),
            float(entry.get("accounts", 1.0)),
        )
        for name in entry.get("with", ()):
            own = _joined(own, known[name]) if name in known else own
        if profile in own.profiles and (own.fixed or own.times or own.accounts != 1.0):
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
        for key, allowed in (("profiles", set(PROFILES)), ("with", earlier)):
            remedy = f"use one of {', '.join(sorted(allowed))}"
            found += [
                Mistake(f"{place} at `{key}`", f"unknown `{one}`", remedy)
                for one in entry.get(key, ())
                if one not in allowed
            ]
        earlier.add(str(name))
    return found


_REMEDY = f"use {', '.join(f'`{name}`' for name in sorted(_NAMES))}"
