"""What stands beside findings: permits, shared values, data quality, settings in force, and who looked at what."""

from __future__ import annotations

from typing import Any

from stillwatch.console import queries
from stillwatch.console.asked import Asked, note_view
from stillwatch.console.render import page
from stillwatch.report import convert
from stillwatch.report import queries as report_queries
from stillwatch.serve.http import Response

SECRET = ("secret", "key_file")
AUDIT = 500
MOST_OFFSET = 1_000_000


def permits(asked: Asked) -> Response:
    """Shows which permits the run read, and what each that names a network or campaign meant."""
    run = asked.site.findings.run
    applied = [row for row in run.rows(queries.applied_sql(None)) if row["source"] == "permit"]
    files = [one for one in run.record.get("inputs", ()) if one["feeds"] == "permits"]
    return page(asked, "permits.html.j2", title="Permits", run=run, applied=applied, files=files)


def shared(asked: Asked) -> Response:
    """Lists what accounts of networks share, the widest first."""
    run = asked.site.findings.run
    text = asked.query.get("from", "0")
    at = min(int(text), MOST_OFFSET) if text.isascii() and text.isdigit() and len(text) < 8 else 0
    found = run.rows(queries.shared_objects_sql(at))
    more = at + queries.PAGE if len(found) > queries.PAGE else None
    return page(asked, "shared.html.j2", title="Shared values", run=run, values=found[: queries.PAGE], more=more, at=at)


def quality(asked: Asked) -> Response:
    """Shows what was read, what was not, and which evidence is off for it."""
    run = asked.site.findings.run
    return page(
        asked,
        "quality.html.j2",
        title="Data quality",
        run=run,
        off=sorted(run.record.get("channels_off", {}).items()),
        sources=[convert.source(row) for row in run.rows(report_queries.sources_sql())],
        quarantine=[convert.quarantined(row) for row in run.rows(report_queries.quarantine_sql())],
        unread=[convert.unread(row) for row in run.rows(report_queries.unread_sql())],
        altered=run.rows(report_queries.altered_sql())[0],
        stages=run.record.get("stages", ()),
    )


def settings(asked: Asked) -> Response:
    """Shows the settings of the run and of this server; secrets are named and not shown."""
    run = asked.site.findings.run_if_any
    here = asked.site.settings.model_dump(mode="json")
    return page(
        asked,
        "settings.html.j2",
        title="Settings",
        run=run,
        of_run=_rows(run.record.get("settings", {})) if run is not None else [],
        of_server=_rows({name: here[name] for name in ("serve", "console", "oidc")}),
    )


def audit(asked: Asked) -> Response:
    """Shows who looked at what, the newest first; that the log was read is a row of it."""
    subject, by = asked.query.get("subject", ""), asked.query.get("by", "")
    note_view(asked, "audit log", [subject or by or "all"])
    found = asked.ledger.views.list(subject or None, AUDIT, by or None)
    return page(
        asked, "audit.html.j2", title="Audit log", views=found, chosen={"subject": subject, "by": by}, most=AUDIT
    )


def _rows(sections: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [
        (section, name, "not shown" if any(word in name for word in SECRET) and value else _said(value))
        for section, values in sections.items()
        if isinstance(values, dict)
        for name, value in values.items()
    ]


def _said(value: object) -> str:
    if value is None:
        return "not set"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) or "none" if isinstance(value, list | tuple) else str(value)
