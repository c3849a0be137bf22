"""One box for everything: accounts, addresses, cards, clients, networks, campaigns, decisions, notes."""

from __future__ import annotations

from stillwatch.console import queries, subjects
from stillwatch.console.asked import Asked, given, note_view, own_address, see
from stillwatch.console.render import page
from stillwatch.errors import Mistake, UsageError
from stillwatch.serve.http import Response

MOST = 50
LEAST = 3
"""Characters of a text that values and notes are searched for; shorter ones are in half of all."""


def search(asked: Asked) -> Response:
    """Shows what a text names, or is part of."""
    text = asked.query.get("q", "").strip()[:500]
    run = asked.site.findings.run_if_any
    ledger = asked.ledger
    accounts = [row["account_id"] for row in run.rows(queries.beginning_sql(text, MOST))] if run and text else []
    notes = ledger.notes.search(text, MOST) if len(text) >= LEAST else ()
    decision = ledger.decisions.find(text) or ledger.decisions.by_appeal(text) if text else None
    note_view(asked, "search", [text, *accounts, *(one.subject for one in notes)] if text else [])
    return page(
        asked,
        "search.html.j2",
        title="Search",
        q=text,
        run=run,
        accounts=accounts,
        campaign=subjects.campaign(run, text) if run else None,
        network=subjects.network(run, text) if run else None,
        decision=decision,
        of_account=ledger.decisions.list(account_id=text, limit=1) if text else (),
        appeal=ledger.appeals.find(text) if text else None,
        values=run.rows(queries.shown_values_sql(text, MOST)) if run and len(text) >= LEAST else [],
        notes=notes,
        saved=ledger.saved_views.list(asked.person),
        least=LEAST,
    )


def keep(asked: Asked) -> Response:
    """Keeps the address of a page under a name."""
    address = own_address(given(asked.form, "address", 2_000), "")
    if not address:
        raise UsageError([Mistake("the address", "is none of the console's", "keep a page that is open")])
    asked.ledger.saved_views.add(asked.person, given(asked.form, "name", 200), address, asked.now)
    return see(address)


def forget(asked: Asked) -> Response:
    """Removes a view that the person kept."""
    if any(one.view_id == asked.ids[0] for one in asked.ledger.saved_views.list(asked.person)):
        asked.ledger.judgements.take_back(asked.ids[0], "saved view", asked.person, asked.now, "removed")
    return see("/search")
