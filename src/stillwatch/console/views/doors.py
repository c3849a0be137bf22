"""Through which door accounts came in, and what one more check at it would have stopped."""

from __future__ import annotations

from stillwatch.console.asked import Asked
from stillwatch.console.render import page
from stillwatch.report.access.doors import upheld
from stillwatch.report.access.sections import written
from stillwatch.serve.http import Response


def doors(asked: Asked) -> Response:
    """Shows what the report writes of doors, regions and resellers, with what people have judged until now."""
    run, judged = asked.site.findings.run, upheld(asked.ledger)
    document = run.once(("doors", judged), lambda engine: written(engine, run.facts, judged))
    return page(asked, "doors.html.j2", title="Doors", run=run, document=document)
