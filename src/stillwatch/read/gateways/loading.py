"""Reads mapping files, those of the package and those that users write, and names every mistake in them at once."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path as File
from typing import cast

from stillwatch.errors import Mistake, UsageError
from stillwatch.read.gateways.mapping import MappedColumns, Origin
from stillwatch.read.gateways.paths import Path, parse_path
from stillwatch.read.gateways.transforms import (
    READS_JSON,
    TRANSFORMS,
    UNITS,
    moment_of,
)
from stillwatch.read.gateways.unpackers import DECODERS, UNPACKERS
from stillwatch.records.inputs import EXCHANGES

Toml = dict[str, object]

FOLDER = File(__file__).parent
PAGE = "docs/formats/mapping.md"
_KEYS = (
    "title",
    "extends",
    "decode",
    "unpack",
    "absent",
    "request",
    "response",
    "ignored",
    "recognise",
    "columns",
)
_ORIGIN_KEYS = ("from", "unit", "as", "values", "constant", "join", "with")


@dataclass(frozen=True, slots=True)
class Description:
    """Everything that a mapping file says.

    `origins` and `bodies` (of requests, of responses) are what `columns` was made of. A record is of this format where
    all of `all_of` and one of `any_of` (if there are any) say something.
    """

    name: str
    title: str
    decode: str
    unpack: str
    columns: MappedColumns
    origins: Mapping[str, tuple[Origin, ...]]
    bodies: tuple[tuple[Path, ...], tuple[Path, ...]]
    all_of: tuple[Path, ...] = ()
    any_of: tuple[Path, ...] = ()


def shipped_names() -> tuple[str, ...]:
    """The names of the formats in the package, ascending."""
    return tuple(sorted(file.stem for file in FOLDER.glob("*.toml")))


def describe(file: File) -> Description:
    """Reads a mapping file. Raises UsageError with every mistake in it."""
    reading = _Reading(file)
    found = reading.description()
    if reading.mistakes:
        raise UsageError(reading.mistakes)
    return found


@dataclass(slots=True)
class _Reading:
    """One mapping file that is being read, with the mistakes found so far."""

    file: File
    mistakes: list[Mistake] = field(default_factory=list)

    def description(self) -> Description:
        raw = self._with_base(self._loaded())
        self._only(raw, _KEYS, "")
        recognise = self._table(raw, "recognise")
        self._only(recognise, ("all", "any"), "recognise.")
        bodies = (self._paths(raw, "request"), self._paths(raw, "response"))
        origins = {name: self._origins(name, value) for name, value in self._columns(raw).items()}
        absent = frozenset(self._texts(raw, "absent"))
        return Description(
            self.file.stem,
            str(raw.get("title", self.file.stem)),
            self._word(raw, "decode", DECODERS, "json"),
            self._word(raw, "unpack", UNPACKERS, "list"),
            MappedColumns(origins, bodies, self._paths(raw, "ignored"), absent),
            origins,
            bodies,
            self._paths(recognise, "all"),
            self._paths(recognise, "any"),
        )

    def _loaded(self) -> Toml:
        try:
            return tomllib.loads(self.file.read_text(encoding="utf-8"))
        except OSError as error:
            mistake = Mistake(f"`{self.file}`", f"cannot be read ({error.strerror})", "name a readable file")
            raise UsageError([mistake]) from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise UsageError([Mistake(f"`{self.file}`", f"is not TOML ({error})", "mend that line")]) from error

    def _with_base(self, raw: Toml) -> Toml:
        """The file's own entries over those of the shipped format that it extends."""
        base = raw.get("extends")
        if base is None:
            return raw
        if base not in shipped_names():
            self._mistake("extends", f"`{base}` is no format", near(str(base), shipped_names()))
            return raw
        extended = _Reading(FOLDER / f"{base}.toml")
        under = extended._with_base(extended._loaded())
        columns = {**self._table(under, "columns"), **self._table(raw, "columns")}
        return {**under, **raw, "columns": columns}

    def _columns(self, raw: Toml) -> Toml:
        columns = self._table(raw, "columns")
        self._only(columns, EXCHANGES.names, "columns.", "is not a column of `exchanges`")
        if not columns and not self.mistakes:
            self._mistake("columns", "maps no column", f"see `{PAGE}`")
        return {name: value for name, value in columns.items() if name in EXCHANGES.names}

    def _origins(self, column: str, value: object) -> tuple[Origin, ...]:
        listed = value if isinstance(value, list) else [value]
        made = (self._origin(f"columns.{column}", one) for one in listed)
        return tuple(origin for each in made for origin in each)

    def _origin(self, where: str, value: object) -> tuple[Origin, ...]:
        if isinstance(value, str):
            value = {"from": value}
        if not isinstance(value, dict):
            self._mistake(where, "is neither a path nor a table", f"see `{PAGE}`")
            return ()
        self._only(value, _ORIGIN_KEYS, f"{where}.")
        kinds = [key for key in ("from", "join", "constant") if key in value]
        if len(kinds) != 1:
            self._mistake(where, "needs one of `from`, `join` and `constant`", f"see `{PAGE}`")
            return ()
        if kinds == ["constant"]:
            return (Origin((), constant=value["constant"]),)
        paths = self._paths(value, kinds[0], f"{where}.")
        if kinds == ["join"]:
            return (Origin(paths, joined_by=str(value.get("with", ""))),)
        return tuple(self._converted(path, value, where) for path in paths)

    def _converted(self, path: Path, value: Toml, where: str) -> Origin:
        words = self._table(value, "values", f"{where}.") if "values" in value else None
        unit = self._word(value, "unit", UNITS, "", f"{where}.")
        name = self._word(value, "as", TRANSFORMS, "", f"{where}.")
        if sum(key in value for key in ("values", "unit", "as")) > 1:
            self._mistake(where, "has more than one of `as`, `unit` and `values`", "leave one")
        transform = moment_of(unit) if unit else TRANSFORMS[name][0] if name else None
        return Origin((path,), words=words, transform=transform, reads_json=name in READS_JSON, named=name or unit)

    def _paths(self, raw: Mapping[str, object], key: str, where: str = "") -> tuple[Path, ...]:
        paths = []
        for text in self._texts(raw, key, where):
            path = parse_path(text)
            if path is None:
                self._mistake(f"{where}{key}", f"`{text}` is no path", 'write `one.two`, or `one."with.dots".three`')
            else:
                paths.append(path)
        return tuple(paths)

    def _texts(self, raw: Mapping[str, object], key: str, where: str = "") -> list[str]:
        value = raw.get(key, [])
        listed = value if isinstance(value, list) else [value]
        texts = [one for one in listed if isinstance(one, str)]
        if len(texts) < len(listed):
            self._mistake(f"{where}{key}", "is neither a text nor a list of texts", "write it in quotes")
        return texts

    def _table(self, raw: Mapping[str, object], key: str, where: str = "") -> Toml:
        value = raw.get(key, {})
        if not isinstance(value, dict):
            self._mistake(f"{where}{key}", "is no table", f"see `{PAGE}`")
            return {}
        return cast(Toml, value)

    def _word(self, raw: Mapping[str, object], key: str, known: Iterable[str], otherwise: str, where: str = "") -> str:
        word = raw.get(key, otherwise)
        known = list(known)
        if word in known or key not in raw:
            return str(word)
        self._mistake(f"{where}{key}", f"`{word}` is not known", near(str(word), known))
        return otherwise

    def _only(self, raw: Toml, known: Iterable[str], where: str, what: str = "is not known") -> None:
        for name in raw:
            if name not in known:
                self._mistake(f"{where}{name}", what, near(name, known))

    def _mistake(self, where: str, what: str, remedy: str) -> None:
        self.mistakes.append(Mistake(f"`{self.file}` at `{where}`", what, remedy))


def near(word: str, known: Iterable[str]) -> str:
    """Returns what to do about a misspelt word: the known word that is nearest, or all of them."""
    known = list(known)
    found = difflib.get_close_matches(word, known, n=1)
    return f"did you mean `{found[0]}`?" if found else f"known are {', '.join(f'`{one}`' for one in known)}"
