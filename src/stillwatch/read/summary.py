"""Summarises the read stage, as values and as the text that `stillwatch check` prints."""

from __future__ import annotations

from dataclasses import dataclass, fields

from rich.console import Console
from rich.text import Text

from stillwatch.engine import Engine, Query


@dataclass(frozen=True, slots=True)
class Rows:
    """Input rows: `read` is always used + duplicate + quarantined."""

    read: int
    used: int
    duplicate: int
    quarantined: int
    outside_window: int  # counted as used, but not in the tables


@dataclass(frozen=True, slots=True)
class ReadSummary:
    """The results of the read stage: rows, quarantined rows by reason, evidence sources by name, files by path."""

    rows: Rows
    reasons: dict[str, int]
    evidence: tuple[dict[str, object], ...]
    sources: tuple[dict[str, object], ...]


def count_rows(engine: Engine) -> Rows:
    """Returns the number of input rows of all sources together."""
    names = [field.name for field in fields(Rows)]
    sums = ", ".join(f"coalesce(sum(rows_{name}), 0)::BIGINT AS {name}" for name in names)
    (row,) = _all(engine, f"SELECT {sums} FROM sources")
    return Rows(**{name: int(str(row[name])) for name in names})


def summarise(engine: Engine) -> ReadSummary:
    """Returns everything that `stillwatch check` prints."""
    reasons = _all(engine, "SELECT reason, count(*) AS n FROM quarantine GROUP BY reason ORDER BY n DESC, reason")
    return ReadSummary(
        count_rows(engine),
        {str(row["reason"]): int(str(row["n"])) for row in reasons},
        tuple(_all(engine, "SELECT * FROM evidence_sources ORDER BY name")),
        tuple(_all(engine, "SELECT * FROM sources ORDER BY source, feeds")),
    )


def render(found: ReadSummary, console: Console) -> None:
    """Prints the summary; everything that came from a file is printed as plain text, never as markup."""
    rows = found.rows
    console.print(f"[bold]{rows.read:,} rows read[/]: {rows.used:,} used, {rows.duplicate:,} duplicate, ", end="")
    console.print(f"{rows.quarantined:,} quarantined")
    if rows.outside_window:
        console.print(f"{rows.outside_window:,} of the used rows lie outside --since and --until and are left out")
    for reason, count in found.reasons.items():
        console.print(f"  quarantined as {reason}: {count:,}")
    for source in found.sources:
        ignored = source["ignored_columns"]
        if isinstance(ignored, list) and ignored:
            console.print(Text(f"  {source['source']}: ignored columns {', '.join(map(repr, ignored))}"))
    console.print("[bold]evidence[/]")
    for one in found.evidence:
        mark = "[green]on [/]" if one["available"] else "[yellow]off[/]"
        console.print(f"  {mark} ", end="")
        console.print(Text(f"{one['name']}: {one['sentence']}"))


def _all(engine: Engine, sql: str) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = engine.fetch(Query("read summary", sql)).to_pylist()
    return rows
