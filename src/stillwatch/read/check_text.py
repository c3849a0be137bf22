"""The text that `stillwatch check` prints: what was read, what was not and why, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console
from rich.text import Text

from stillwatch.read.summary import ReadSummary
from stillwatch.read.validation.faults import ALTERED
from stillwatch.records.columns import nearest
from stillwatch.records.inputs import ACCOUNTS, EXCHANGES, INDICATORS, JUDGEMENTS, PERMITS
from stillwatch.records.printable import printable

_LONGEST = 400  # characters of a path or a message in one line
_LISTED = 20  # lines of one sort that are printed; `--json` has all
_TABLES = {table.name: table for table in (EXCHANGES, ACCOUNTS, PERMITS, JUDGEMENTS, INDICATORS)}
_LARGE_SHARE = 0.2  # of all rows in one account, from which it may stand for many people


def render(found: ReadSummary, console: Console, most_lost: float) -> None:
    """Prints the summary; everything that came from a file is printed as plain text, never as markup.

    Above the share `most_lost` of rows that were not used, the first line says so.
    """
    rows = found.rows
    lost = lost_sentence(rows.quarantined, rows.read, most_lost)
    if lost is not None:
        console.print(f"[bold red]{lost}[/]")
    for line in found.refusals:
        console.print(_plain(line))
    console.print(f"[bold]{rows.read:,} rows read[/]: {rows.used:,} used, {rows.duplicate:,} duplicate, ", end="")
    console.print(f"{rows.quarantined:,} quarantined")
    if rows.outside_window:
        console.print(f"{rows.outside_window:,} of the used rows lie outside --since and --until and are left out")
    for lines in (_unused_rows, _files, _values, _ignored, _accounts, _times):
        for line in _first(list(lines(found))):
            console.print(_plain(f"  {line}"))
    if found.refusals:
        return  # what the columns of rows that nothing is done with would show hides why nothing is
    console.print("[bold]evidence[/]")
    for one in found.evidence:
        mark = "[green]on [/]" if one["available"] else "[yellow]off[/]"
        console.print(f"  {mark} ", end="")
        console.print(_plain(f"{one['name']}: {one['sentence']}"))


def lost_sentence(quarantined: int, read: int, most_lost: float) -> str | None:
    """Says that more than the share `most_lost` of rows could not be used; None where no more were lost."""
    if quarantined <= most_lost * read:
        return None
    return f"{quarantined / read:.1%} of the rows could not be used: what they hold is missing from every result"


def _plain(line: str) -> Text:
    return Text(printable(line, _LONGEST))


def _first(lines: list[str]) -> list[str]:
    more = len(lines) - _LISTED
    return lines if more <= 1 else [*lines[:_LISTED], f"and {more:,} more; `--json` has all"]


def _unused_rows(found: ReadSummary) -> Iterator[str]:
    for one in found.quarantined:
        column = f" of `{one['column_name']}`" if one["column_name"] else ""
        yield f"quarantined as {one['reason']}{column}: {one['rows']:,}, first in {one['source']} line {one['line']}"


def _files(found: ReadSummary) -> Iterator[str]:
    for one in found.sources:
        if one["format"] not in ("parquet", "json", "csv", "state"):
            yield f"{one['source']}: read as `{one['format']}`"
    for one in found.unread:
        yield f"{'read up to its fault' if one['in_part'] else 'not read'}: {one['reason']}"
    if found.passed_over:
        yield f"passed over, since their names say no known kind of log: {', '.join(found.passed_over)}"


def _values(found: ReadSummary) -> Iterator[str]:
    for one in found.altered:
        place = f"first in {one['source']} line {one['line']}"
        value = f" (`{one['example']}`)" if one["example"] else ""
        what = "not used" if one["reason"] not in ALTERED else "texts"
        yield f"`{one['column_name']}`: {one['rows']:,} values {what}, {one['reason']}{value}, {place}"
    if found.altered_accounts:
        yield (
            f"{found.altered_accounts:,} accounts sent texts with characters that no text holds, or too long to keep; "
            "ordinary programs hardly do (`altered_accounts.parquet` of a run names them)"
        )


def _ignored(found: ReadSummary) -> Iterator[str]:
    for one in found.sources:
        ignored = one["ignored_columns"]
        if isinstance(ignored, list) and ignored:
            yield f"{one['source']}: ignored columns {', '.join(map(repr, ignored))}"
            table = _TABLES.get(str(one["feeds"]))
            for name in ignored:
                near = None if table is None else nearest(name, table.names)
                if near is not None:
                    yield f"{one['source']}: did you mean `{near}` by the column {name!r}?"


def _accounts(found: ReadSummary) -> Iterator[str]:
    for one in found.conflicts:
        yield (
            f"{one['feeds']}: {one['rows']:,} different rows for `{one['key']}`; the one in {one['source']} "
            f"line {one['line']} counts"
        )
    largest = found.largest_account
    if largest is not None and isinstance(largest["rows"], int) and found.rows.used:
        share = largest["rows"] / found.rows.used
        advice = "; see whether it stands for many people" if share >= _LARGE_SHARE else ""
        yield f"largest account: `{largest['account_id']}` with {largest['rows']:,} exchanges ({share:.1%}){advice}"


def _times(found: ReadSummary) -> Iterator[str]:
    if found.hours is None:
        return
    yield f"exchanges from {found.hours['first']} to {found.hours['last']} (UTC)"
    gaps = found.hours["gaps"]
    for gap in gaps if isinstance(gaps, list) else []:
        yield f"no exchange for {gap['hours']:,} hours from {gap['from']}"
