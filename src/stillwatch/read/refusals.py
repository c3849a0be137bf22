"""Finds what no run may go on with: permits and judgements that cannot be used, and logs without a usable row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from stillwatch.engine import Engine, Query, literal
from stillwatch.read.summary import count_rows
from stillwatch.read.validation.rejects import IMPOSSIBLE_TIME, UNKNOWN_WORD
from stillwatch.read.validation.typed import CLOSED_WORDS
from stillwatch.records.inputs import EXCHANGES, JUDGEMENTS, PERMITS
from stillwatch.records.sketches import EXCHANGE_SKETCHES

_DECISIONS = ", ".join(literal(table.name) for table in (PERMITS, JUDGEMENTS))
_LISTED = 20  # mistakes that are named one by one


def refusals(engine: Engine, has_state: bool) -> list[str]:
    """Says which permits and judgements cannot be used, and when no row of the logs can; empty where all is well.

    A permit that vanished without notice would accuse its holder, and a judgement the innocent. With a state there may
    be no new row.
    """
    return [*_decisions(engine), *_logs(engine, has_state)]


def unusable_decisions_sql() -> Query:
    """One row for each value of a permit or judgement that cannot be used: its place, the column and the reason."""
    return Query(
        "unusable decisions",
        f"""
SELECT quarantine.source, quarantine.line, quarantine.reason, quarantine.column_name, CAST(NULL AS VARCHAR) AS example
FROM quarantine
SEMI JOIN (SELECT source FROM source_names WHERE feeds IN ({_DECISIONS})) AS decisions USING (source)
UNION ALL
SELECT source, line, reason, column_name, example FROM altered_values WHERE feeds IN ({_DECISIONS})
ORDER BY source, line, column_name
""",
    )


def _decisions(engine: Engine) -> list[str]:
    said = [_unusable(row) for row in engine.fetch(unusable_decisions_sql()).to_pylist()]
    clashes = Query("clashes", f"SELECT * FROM conflicting_rows WHERE feeds IN ({_DECISIONS}) ORDER BY key")
    for row in engine.fetch(clashes).to_pylist():
        said.append(f"`{row['source']}` line {row['line']}: {row['rows']} different rows have the id `{row['key']}`")
    turned = Query("permits that end first", "SELECT permit_id FROM permits WHERE valid_from >= valid_until ORDER BY 1")
    for row in engine.fetch(turned).to_pylist():
        said.append(f"permit `{row['permit_id']}`: its `valid_until` is not after its `valid_from`")
    if not said:
        return []
    more = [f"and {len(said) - _LISTED:,} more"] if len(said) > _LISTED else []
    return [
        "permits or judgements cannot be used, and nothing is scanned without them, lest a permit be lost:",
        *said[:_LISTED],
        *more,
        "mend these lines or take them out; an empty cell leaves a permit open at that end or without that limit",
    ]


def _unusable(row: dict[str, object]) -> str:
    column = row["column_name"]
    value = f" (`{row['example']}`)" if row["example"] else ""
    said = f"`{row['source']}` line {row['line']}: {f'`{column}`' if column else 'the row'} is {row['reason']}{value}"
    if row["reason"] == UNKNOWN_WORD:
        words = next((words for (_, name), words in CLOSED_WORDS.items() if name == column), ())
        return f"{said}; write one of {', '.join(words)}"
    return f"{said}; write it like 2026-05-01" if row["reason"] == IMPOSSIBLE_TIME else said


def _logs(engine: Engine, has_state: bool) -> Iterable[str]:
    rows = count_rows(engine, (EXCHANGES.name, EXCHANGE_SKETCHES.name))
    if rows.used or has_state:
        return
    if not rows.read:
        yield "the logs hold no row at all; name files that hold exchanges"
        return
    counted = Query("reasons", "SELECT reason, column_name, count(*) AS n FROM quarantine GROUP BY reason, column_name")
    reasons = Counter({(row["reason"], row["column_name"]): row["n"] for row in engine.fetch(counted).to_pylist()})
    listed = ", ".join(
        f"{count:,} {reason}{f' (`{column}`)' if column else ''}" for (reason, column), count in reasons.most_common(3)
    )
    if reasons and reasons.most_common(1)[0][0][0] == IMPOSSIBLE_TIME:
        remedy = "times are read as ISO 8601, such as 2026-05-01T13:00:00Z, or as numbers since 1970: write them so"
    else:
        remedy = (
            "name the log's format with `--format`, or where each column stands with `--mapping` "
            "(`stillwatch check --suggest` proposes one)"
        )
    yield f"none of {rows.read:,} rows can be used: {listed}; {remedy}"
