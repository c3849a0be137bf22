"""What a TAXII client asks for: filters, the time after which, and the place in the pages."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl

from stillwatch.ledger.exchanged import Wanted
from stillwatch.records.identifiers import read_stamp
from stillwatch.serve.http import Response, problem

MOST = 1_000
"""Objects of one page."""
MOST_NAMED = 1_000
"""Values of one filter."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_LAST = 253_402_300_799_000_000  # the end of the year 9999, beyond which Python has no time
_STAMP = re.compile(r"(.*\.\d{6})\d*(Z)")


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for; `nothing` where no object of ours can fit."""

    wanted: Wanted
    nothing: bool = False

    def of(self, object_id: str, versions: tuple[str, ...] | None = None) -> Asked:
        """The same of one object."""
        narrowed = replace(self.wanted, ids=(object_id,))
        return replace(self, wanted=narrowed if versions is None else replace(narrowed, versions=versions))


def micros(moment: datetime) -> int:
    """A time as microseconds since 1970: the cursor of pages."""
    return (moment - _EPOCH) // _MICROSECOND


def asked(query: bytes) -> Asked | Response:
    """What a query string asks for, or the problem with it; parameters that nobody knows are passed over."""
    try:
        pairs = parse_qsl(query.decode("ascii"), keep_blank_values=True, max_num_fields=40, errors="strict")
    except (ValueError, UnicodeDecodeError):
        return problem(400, "the query cannot be read")
    stated = dict(pairs)
    if len(stated) < len(pairs):
        return problem(400, "a parameter stands there twice")
    filters = {name[6:-1]: _values(text) for name, text in pairs if name.startswith("match[") and name.endswith("]")}
    if any(len(values) > MOST_NAMED for values in filters.values()):
        return problem(400, f"a filter names at most {MOST_NAMED} values")
    after, limit, versions = _after(stated), _limit(stated.get("limit")), _versions(filters.get("version"))
    for found in (after, limit, versions):
        if isinstance(found, Response):
            return found
    wanted = Wanted(filters.get("id"), filters.get("type"), versions, after, limit)  # type: ignore[arg-type]
    return Asked(wanted, "2.1" not in filters.get("spec_version", ("2.1",)))


def _values(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one for one in text.split(",") if one))


def _after(stated: dict[str, str]) -> datetime | Response | None:
    """The later of `added_after` and `next`: some clients send both, and neither leads back."""
    found = []
    if "added_after" in stated:
        moment = read_stamp(_STAMP.sub(r"\1\2", stated["added_after"].strip()))
        if moment is None:
            return problem(400, "`added_after` is no time; write it like `2026-06-01T12:00:00.000000Z`")
        found.append(moment)
    if "next" in stated:
        if not re.fullmatch(r"[0-9]{1,18}", stated["next"]) or int(stated["next"]) > _LAST:
            return problem(400, "`next` is no place in the pages; take it from the answer before")
        found.append(_EPOCH + int(stated["next"]) * _MICROSECOND)
    return max(found, default=None)


def _limit(text: str | None) -> int | Response:
    if text is None:
        return MOST
    if not re.fullmatch(r"[0-9]{1,9}", text) or int(text) < 1:
        return problem(400, "`limit` is no number from 1 on")
    return min(int(text), MOST)


def _versions(values: tuple[str, ...] | None) -> tuple[str | datetime, ...] | Response:
    found: list[str | datetime] = []
    for one in values or ("last",):
        moment = read_stamp(one)
        if one not in ("first", "last", "all") and moment is None:
            return problem(400, "`match[version]` takes `first`, `last`, `all` and times")
        found.append(one if moment is None else moment)
    return tuple(found)
