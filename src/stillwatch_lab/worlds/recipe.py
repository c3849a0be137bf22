"""A world's recipe: a TOML file that lists populations with their sizes, and any parameter that is held fixed."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from stillwatch.errors import Mistake, UsageError
from stillwatch_lab.worlds.parameters import Value

SHIPPED = Path(__file__).parent / "recipes"
_NAMES = {"key", "world", "people", "population", "drop_columns"}
_REMEDY = "use `key`, `drop_columns`, `[world]`, `[people]` and `[[population]]`"
_ENTRY = {"kind", "share", "count", "groups", "set"}


@dataclass(frozen=True, slots=True)
class Population:
    """One entry of a recipe: `share` of all accounts, or `count` of them, in `groups` groups (0: as many as fit)."""

    kind: str
    share: float = 0.0
    count: int = 0
    groups: int = 0
    fixed: dict[str, Value] = field(default_factory=dict)

    def accounts(self, total: int) -> int:
        """The number of accounts of this entry in a world of `total` accounts."""
        return self.count or round(self.share * total)


@dataclass(frozen=True, slots=True)
class Recipe:
    """The populations besides ordinary people, and the parameters that are fixed for the world as a whole.

    All draws are keyed by the seed and `key`, which is the file's `key` or else its name without `.toml`.
    """

    key: str
    populations: tuple[Population, ...]
    world: dict[str, Value]
    people: dict[str, Value]
    drop_columns: tuple[str, ...]


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
    entries = tuple(
        Population(e["kind"], e.get("share", 0.0), e.get("count", 0), e.get("groups", 0), e.get("set", {}))
        for e in raw.get("population", [])
    )
    drop = tuple(raw.get("drop_columns", ()))
    return Recipe(raw.get("key", path.stem), entries, raw.get("world", {}), raw.get("people", {}), drop)


def _mistakes(path: Path, raw: dict[str, object], kinds: frozenset[str]) -> list[Mistake]:
    found = [
        Mistake(
            f"`{path}`",
            f"unknown name `{name}`",
            "use `key`, `drop_columns`, `[world]`, `[people]` and `[[population]]`",
        )
        for name in sorted(set(raw) - {"key", "world", "people", "population", "drop_columns"})
    ]
    if not isinstance(raw.get("key", ""), str):
        found.append(Mistake(f"`{path}` at `key`", "is not a text", "write a text in quotation marks"))
    populations = raw.get("population", [])
    if not isinstance(populations, list):
        return [*found, Mistake(f"`{path}` at `population`", "is not a list", "write `[[population]]`")]
    for number, entry in enumerate(populations, start=1):
        place = f"`{path}` at `population` {number}"
        if entry.get("kind") not in kinds:
            found.append(
                Mistake(place, f"unknown kind `{entry.get('kind')}`", "use one of " + ", ".join(sorted(kinds)))
            )
        if ("share" in entry) == ("count" in entry):
            found.append(Mistake(place, "needs exactly one of `share` and `count`", "give one of them"))
        found += [
            Mistake(place, f"unknown name `{name}`", "parameters stand under `set`")
            for name in sorted(set(entry) - _ENTRY)
        ]
    return found
