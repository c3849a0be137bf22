"""Proposes a mapping for records that no format knows, from the names and the values of their fields."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache

from stillwatch.read.gateways.bodies import request_values, response_values
from stillwatch.read.gateways.formats import named, names, recognise
from stillwatch.read.gateways.json_text import compact
from stillwatch.read.gateways.paths import inside, present
from stillwatch.read.gateways.transforms import UNITS
from stillwatch.records import Column, Kind
from stillwatch.records.inputs import EXCHANGES

_RECORDS, _FIELDS, _DEEPEST = 200, 500, 5  # what is looked at: records, distinct fields, levels
_UNUSED = 40  # names of unused fields that are listed
_ALIKE = 0.85  # likeness (of `difflib`) from which a name is taken for a known one
_PLAIN = re.compile(r'[^."\\\x00-\x1f\x7f-\x9f\ud800-\udfff]+')  # keys that a path can name as they are
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}.*", re.ASCII)
_EARLIEST, _LATEST = 1_400_000_000, 4_100_000_000  # seconds since 1970: 2014 to 2099
_STATUS = {"success": 200, "ok": 200, "succeeded": 200, "completed": 200, "failure": 500, "failed": 500, "error": 500}
_CLIENTS = re.compile(r"end_?user|agent|custom_id|header|metadata", re.IGNORECASE)
"""Words in the paths of fields that clients often set: such a field is proposed neither for an id nor an account."""
_CAUTION = "Ids and accounts must be set by your gateway, not by clients.\n# See `docs/formats/mapping.md`."
_HINTS = {
    "exchange_id": re.compile(r"(^|[^a-z])id$|uuid"),
    "account_id": re.compile(r"account|customer|tenant|consumer|subscri|(^|[^a-z])(user|owner|org|key)"),
    "status_code": re.compile(r"status|response_?code"),
    "started_at": re.compile(r"time|date|start|created|(^|[^a-z])(at|ts)$"),
    "user_agent": re.compile(r"(^|[^a-z])ua$"),
    "input_text": re.compile(r"(^|[^a-z])(prompt|question)$"),
    "output_text": re.compile(r"(^|[^a-z])(completion|answer)$"),
}
"""Words that names of columns have elsewhere, tried where no name is known."""


@dataclass(slots=True)
class _Found:
    """A field of the sample: its path, and the values that say something."""

    path: str
    values: list[object] = field(default_factory=list)

    @property
    def leaf(self) -> str:
        """The last key of the path, in lower case."""
        return self.path.rpartition(".")[2].strip('"').lower()


def suggest(records: Sequence[object]) -> str:
    """Returns a mapping file for these records, with a comment on each line that says why, and on what is missing.

    It names fields and counts, never a value. Of records that a format knows, it is a file that extends that format.
    """
    form = recognise(records)
    if form is not None:
        return (
            f"# These records are of the format `{form.name}`, which needs no mapping: `--format {form.name}`.\n"
            f'extends = "{form.name}"\n\n[columns]\n# account_id = "…"  # where the account stands elsewhere\n'
        )
    sample = [one for record in records[:_RECORDS] for one in (record if isinstance(record, list) else [record])]
    found = _fields([one for one in sample if isinstance(one, dict)])
    taken: set[str] = set()
    bodies = [
        *_body("request", found, taken, lambda said: "input_text" in said, request_values),
        *_body("response", found, taken, lambda said: len(said) > 1 and "output_text" in said, response_values),
    ]
    columns = [_line(column, found, taken, len(sample)) for column in EXCHANGES.columns]
    unused = _unused(found, taken)
    rest = ", ".join(f"`{path}`" for path in unused[:_UNUSED]) + (", …" if len(unused) > _UNUSED else "")
    head = [f"# Proposed from {len(sample)} records; check every line. {_CAUTION}", *bodies, ""]
    tail = ["", f"# not used: {rest}"] if unused else []
    return "\n".join([*head, "[columns]", *(line for line in columns if line), *tail]) + "\n"


def _unused(found: list[_Found], taken: set[str]) -> list[str]:
    """Returns the paths of fields that are not taken, that lie below none that is, and that hold no others."""
    paths = [one.path for one in found]
    holding = {path.rpartition(".")[0] for path in paths}
    within = tuple(f"{path}." for path in taken)
    return [path for path in paths if path not in taken | holding and not path.startswith(within)]


def _fields(records: list[dict[str, object]]) -> list[_Found]:
    found: dict[str, _Found] = {}
    for record in records:
        for path, value in _walk(record, "", 0):
            if path in found or len(found) < _FIELDS:
                found.setdefault(path, _Found(path)).values.append(value)
    return list(found.values())


def _walk(record: dict[str, object], prefix: str, depth: int) -> Iterator[tuple[str, object]]:
    for key, value in record.items():
        if not present(value) or len(key) > 100 or not all(map(_PLAIN.fullmatch, key.split("."))):
            continue
        path = prefix + (f'"{key}"' if "." in key and prefix else key)
        yield path, value
        held = inside(value, {})
        if isinstance(held, dict) and depth < _DEEPEST and not _is_body(held):
            yield from _walk(held, f"{path}.", depth + 1)


def _is_body(value: object) -> bool:
    return isinstance(value, dict) and not value.keys().isdisjoint(("messages", "choices", "contents", "candidates"))


def _body(
    key: str,
    found: list[_Found],
    taken: set[str],
    fits: Callable[[dict[str, object]], bool],
    read: Callable[[object], dict[str, object]],
) -> Iterator[str]:
    """Yields the line that names the fields in which bodies stand: objects or lists that read as such."""
    paths = []
    for one in found:
        held = [inside(value, {}) for value in one.values]
        bodies = [value for value in held if isinstance(value, dict | list)]
        if bodies and all(fits(read(value)) for value in bodies) and one.path not in taken:
            paths.append(one.path)
    if paths:
        taken.update(paths)
        written = ", ".join(map(_quoted, paths))
        yield f"{key} = [{written}]  # they read as the bodies of a {key}"


def _line(column: Column, found: list[_Found], taken: set[str], records: int) -> str:
    """Returns the line of a column, a comment for a required one that nothing looks like, else an empty text."""
    usable = [one for one in found if one.path not in taken and _usable(column, one)]
    for likeness in (_likeness, _hinted):
        ranked = sorted(usable, key=lambda one: (-likeness(column.name, one), len(one.path)))
        if ranked and likeness(column.name, ranked[0]) > 0:
            best = ranked[0]
            taken.add(best.path)
            distinct = len(set(map(compact, best.values)))
            return (
                f"{column.name} = {_origin(column, best)}  # `{best.leaf}` looks like `{column.name}`: "
                f"in {len(best.values)} of {records} records, {distinct} distinct"
            )
    return f'# {column.name} = "…"  # required, and {_lack(column, found, taken)}' if column.required else ""


def _lack(column: Column, found: list[_Found], taken: set[str]) -> str:
    """Says why no field is proposed for a column; fields may be called like it and hold what is not read."""
    free = [one for one in found if one.path not in taken]
    called = [one.path for one in free if max(_likeness(column.name, one), _hinted(column.name, one)) > 0]
    if column.kind is not Kind.TIMESTAMP or not called:
        return "no field looks like it"
    return f"{_quoted(called[0])} holds no times that are read: ISO 8601, or numbers since 1970"


def _likeness(column: str, one: _Found) -> float:
    """Returns how alike a field's name is to one that a format, or the contract, has for the column; 0 for too
    little."""
    known = _known()[column]
    if _plain(one.path) in known:
        return 2
    if _plain(one.leaf) in known:
        return 1
    near = difflib.get_close_matches(_plain(one.leaf), known, n=1, cutoff=_ALIKE) if len(one.leaf) > 4 else []
    return 0.5 if near else 0


def _hinted(column: str, one: _Found) -> float:
    hint = _HINTS.get(column)
    return 1 if hint is not None and hint.search(one.leaf) else 0


@cache
def _known() -> dict[str, frozenset[str]]:
    """The names of each column in every format of the package, whole and by their last segment."""
    known = {column.name: {_plain(column.name)} for column in EXCHANGES.columns}
    for form in map(named, names()):
        for column, origins in form.description.origins.items():
            for path in (path for origin in origins for path in origin.paths):
                known[column] |= {_plain(path.text)} | ({_plain(last)} if len(last := path.segments[-1]) > 3 else set())
    return {column: frozenset(each) for column, each in known.items()}


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _usable(column: Column, one: _Found) -> bool:
    """Returns whether most of a field's values could be the column's; ids of exchanges must be distinct."""
    if column.name in ("exchange_id", "account_id") and _CLIENTS.search(one.path):
        return False
    if column.name == "exchange_id" and len(set(map(compact, one.values))) < len(one.values):
        return False
    if column.name == "status_code" and _are_words(one):
        return True
    fits = _FITS.get(column.kind, _is_text)
    return 2 * len([value for value in one.values if fits(value)]) > len(one.values)


def _origin(column: Column, one: _Found) -> str:
    path = _quoted(one.path)
    if column.kind is Kind.TIMESTAMP:
        unit = next((unit for value in one.values if (unit := _unit(value))), "")
        return f'{{ from = {path}, unit = "{unit}" }}' if unit else path
    if column.name == "status_code" and _are_words(one):
        words = ", ".join(f"{word} = {_STATUS[word]}" for word in sorted(set(map(str, one.values))))
        return f"{{ from = {path}, values = {{ {words} }} }}"
    if column.kind is Kind.STRINGS:
        return f'{{ from = {path}, as = "tool_names" }}'
    return path


def _are_words(one: _Found) -> bool:
    return all(isinstance(value, str) and value in _STATUS for value in one.values)


def _unit(value: object) -> str:
    """Returns the unit in which a number of these years is counted; empty for what is no such number."""
    number = _number(value)
    for unit, per_second in zip(UNITS, (1, 1e3, 1e6, 1e9), strict=True):
        if _EARLIEST * per_second <= number <= _LATEST * per_second:
            return unit
    return ""


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | str) or len(str(value)[:40]) > 30:
        return -1
    try:
        return float(value)
    except (ValueError, OverflowError):
        return -1


def _is_text(value: object) -> bool:
    return isinstance(value, str | int)


def _is_whole(value: object) -> bool:
    number = _number(value)
    return number >= 0 and number == number // 1


_FITS: dict[Kind, Callable[[object], bool]] = {
    Kind.TIMESTAMP: lambda value: (isinstance(value, str) and bool(_ISO.fullmatch(value))) or bool(_unit(value)),
    Kind.STRINGS: lambda value: isinstance(inside(value, {}), list),
    Kind.FLOAT64: lambda value: _number(value) >= 0,
    **dict.fromkeys((Kind.INT64, Kind.INT32, Kind.INT16), _is_whole),
}


def _quoted(path: str) -> str:
    return json.dumps(path, ensure_ascii=False)
