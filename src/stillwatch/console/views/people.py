"""Who may do what: roles that the ledger holds, and the sessions that hold now."""

from __future__ import annotations

from stillwatch.console.asked import Asked, given, note_view, see
from stillwatch.console.render import page
from stillwatch.errors import Mistake, UsageError
from stillwatch.ledger import ROLES
from stillwatch.ledger.records import same_person
from stillwatch.serve.http import Response


def listed(asked: Asked) -> Response:
    """Lists people with their roles, and open sessions."""
    return page(
        asked,
        "people.html.j2",
        title="People",
        people=asked.ledger.people.list(),
        sessions=asked.ledger.sessions.list(asked.now),
        roles=(*ROLES, "none"),
        unknown=asked.site.settings.console.unknown_person,
    )


def grant(asked: Asked) -> Response:
    """Gives a person a role, which holds from that person's next request on."""
    person = given(asked.form, "person", 512)
    if same_person(person, asked.person):
        raise UsageError([Mistake("the person", "is yourself", "let another administrator change your role")])
    asked.ledger.people.grant(person, given(asked.form, "role"), asked.person, asked.now)
    note_view(asked, f"role {given(asked.form, 'role')} given", [person])
    return see("/people?done=granted")


def end(asked: Asked) -> Response:
    """Ends all sessions of a person."""
    person = given(asked.form, "person", 512)
    asked.ledger.sessions.end_all(person, asked.person, asked.now)
    note_view(asked, "sessions ended", [person])
    return see("/people?done=ended")
