"""A world's recipe: a TOML file that lists populations with their sizes, and what is fixed or drawn more widely."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stillwatch.errors import Mistake, UsageError
from stillwatch_lab.worlds.parameters import Range, Value

SHIPPED = Path(__file__).parent / "recipes"
_NAMES = {"key", "world", "people", "population", "drop_columns", "size", "widen"}
_REMEDY = "use `key`, `drop_columns`, `[size]`, `[world]`, `[people]`, `[widen]` and `[[population]]`"
_ENTRY = {"kind", "share", "count", "sizes", "groups", "set", "widen"}
_AMOUNTS = ("share", "count", "sizes")
_SIZES = {"accounts", "exchanges", "exchanges_an_account"}


@dataclass(frozen=True, slots=True)
class Population:
    """One entry of a recipe: `share` of all accounts, or `count` of them, in `groups` groups (0: as many as fit).

    With `sizes` (least and most accounts) every group draws its own size, and `some` is the least and most number of
    groups. `fixed` holds values of parameters, `widened` the ranges that replace the usual ones.
    """

    kind: str
    share: float = 0.0
    count: int = 0
    groups: int = 0
    fixed: dict[str, Value] = field(default_factory=dict)
    sizes: tuple[int, int] | None = None
    some: tuple[int, int] = (1, 1)
    widened: dict[str, Range] = field(default_factory=dict)

    def accounts(self, total: int) -> int:
        """The number of accounts of this entry in a world of `total` accounts."""
        return self.count or round(self.share * total)


@dataclass(frozen=True, slots=True)
class Recipe:
    """The populations besides ordinary people, and the parameters that are fixed for the world as a whole.

    All draws are keyed by the seed and `key`, which is the file's `key` or else its name without `.toml`. `size` holds
    the ranges of the number of `accounts` and `exchanges`, and of `exchanges_an_account`, if the world draws its size.
    `widened` holds ranges that replace the usual ones of the world's parameters.
    """

    key: str
    populations: tuple[Population, ...]
    world: dict[str, Value]
    people: dict[str, Value]
    drop_columns: tuple[str, ...]
    size: dict[str, Range] = field(default_factory=dict)
    widened: dict[str, Range] = field(default_factory=dict)


def load_recipe(world: Path | str, kinds: frozenset[str]) -> Recipe:
    """The recipe of a TOML file, or the shipped recipe of that name; raises UsageError, which lists every mistake."""
    path = Path(world)
    if path.suffix != ".toml":
        path = SHIPPED / f"{world}.toml"
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        shipped = ", ".join(f"`{file.stem}`" for file in sorted(SHIPPED.glob("*.toml")))
        raise UsageError(
            [Mistake(f"world `{world}`", "cannot be read", f"name a TOML file or one of {shipped}")]
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError([Mistake(f"`{path}`", f"is not TOML ({error})", "mend that line")]) from error
    mistakes = _mistakes(path, raw, kinds)
    if mistakes:
        raise UsageError(mistakes)
    entries = tuple(_population(entry, kind) for entry in raw.get("population", []) for kind in _kinds(entry))
    drop = tuple(raw.get("drop_columns", ()))
    widened = raw.get("widen", {})
    return Recipe(
        raw.get("key", path.stem),
        entries,
        raw.get("world", {}),
        raw.get("people", {}),
        drop,
        raw.get("size", {}),
        widened,
    )


def _kinds(entry: dict[str, Any]) -> list[Any]:
    """The kinds of an entry: one, or a list that stands for one entry each."""
    kind = entry.get("kind")
    return kind if isinstance(kind, list) else [kind]


def _population(entry: dict[str, Any], kind: str) -> Population:
    fixed, widened, groups = entry.get("set", {}), entry.get("widen", {}), entry.get("groups", 0)
    if "sizes" in entry:
        low, high = entry["sizes"]
        some = (groups[0], groups[1]) if isinstance(groups, list) else (groups or 1, groups or 1)
        return Population(kind, fixed=fixed, sizes=(low, high), some=some, widened=widened)
    return Population(kind, entry.get("share", 0.0), entry.get("count", 0), groups, fixed, widened=widened)


def _mistakes(path: Path, raw: dict[str, Any], kinds: frozenset[str]) -> list[Mistake]:
    found = [Mistake(f"`{path}`", f"unknown name `{name}`", _REMEDY) for name in sorted(set(raw) - _NAMES)]
    if not isinstance(raw.get("key", ""), str):
        found.append(Mistake(f"`{path}` at `key`", "is not a text", "write a text in quotation marks"))
    found += _wrong_ranges(f"`{path}` at `size`", raw.get("size", {}))
    found += [
        Mistake(f"`{path}` at `size`", f"unknown name `{name}`", "use " + ", ".join(sorted(_SIZES)))
        for name in sorted(set(raw.get("size", {})) - _SIZES)
    ]
    found += _wrong_ranges(f"`{path}` at `widen`", raw.get("widen", {}))
    populations = raw.get("population", [])
    if not isinstance(populations, list):
        return [*found, Mistake(f"`{path}` at `population`", "is not a list", "write `[[population]]`")]
    for number, entry in enumerate(populations, start=1):
        found += _wrong_entry(f"`{path}` at `population` {number}", entry, kinds)
    return found


def _wrong_entry(place: str, entry: dict[str, Any], kinds: frozenset[str]) -> list[Mistake]:
    remedy = "use one of " + ", ".join(sorted(kinds))
    found = [Mistake(place, f"unknown kind `{kind}`", remedy) for kind in _kinds(entry) if kind not in kinds]
    if sum(name in entry for name in _AMOUNTS) != 1:
        found.append(Mistake(place, "needs exactly one of `share`, `count` and `sizes`", "give one of them"))
    found += [
        Mistake(place, f"unknown name `{name}`", "parameters stand under `set` and `widen`")
        for name in sorted(set(entry) - _ENTRY)
    ]
    pairs = {name: entry[name] for name in ("sizes", "groups") if isinstance(entry.get(name), list)}
    if "sizes" in entry and "sizes" not in pairs:
        found.append(Mistake(place, "`sizes` is no range", "write the least and the most accounts as `[5, 50]`"))
    if pairs.keys() == {"groups"}:
        found.append(Mistake(place, "`groups` is a range without `sizes`", "give `sizes`, or one number of groups"))
    return found + _wrong_ranges(place, pairs) + _wrong_ranges(place, entry.get("widen", {}))


def _wrong_ranges(place: str, ranges: dict[str, Any]) -> list[Mistake]:
    return [
        Mistake(place, f"`{name}` is no range", "write a chance, or the least and the most as `[1, 5]`")
        for name, value in ranges.items()
        if not _is_range(value)
    ]


def _is_range(value: object) -> bool:
    if not isinstance(value, list):
        return isinstance(value, int | float)
    return len(value) == 2 and all(isinstance(edge, int | float) for edge in value) and value[0] <= value[1]
