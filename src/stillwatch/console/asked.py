"""One request for a page as its answer sees it, and the answers that a browser is given."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from stillwatch.console.findings import Findings
from stillwatch.errors import Mistake, UsageError
from stillwatch.ledger import ROLES, View
from stillwatch.ledger.records import LONGEST_TEXT
from stillwatch.serve.http import Response
from stillwatch.serve.snapshots import Snapshots
from stillwatch.settings import Settings

if TYPE_CHECKING:
    from stillwatch.ledger.ledger import Ledger

POLICY = "; ".join(
    (
        "default-src 'none'",
        *(f"{kind}-src 'self'" for kind in ("script", "style", "img", "connect", "font")),
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
"""The content security policy of every page: nothing from elsewhere, no script and no style inside a page."""
SECURE = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
NOT_KEPT = (b"cache-control", b"no-store")
HTML = (b"content-type", b"text/html; charset=utf-8")


@dataclass(frozen=True, slots=True)
class Site:
    """What all pages stand on."""

    findings: Findings
    snapshots: Snapshots
    settings: Settings
    state: Path
    where: Path | str  # of the ledger


@dataclass(slots=True)
class Asked:
    """A request of somebody who may ask it. Ids and values are as the browser sent them: nobody has checked them."""

    site: Site
    ledger: Ledger
    now: datetime
    path: str
    query: Mapping[str, str]
    person: str = ""
    role: str = ""
    csrf: str = ""
    form: Mapping[str, str] = field(default_factory=dict)
    several: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # every value of each field of the form
    ids: tuple[str, ...] = ()
    secret: str = ""  # of the session

    def may(self, role: str) -> bool:
        """Whether the person has this role or a higher one."""
        return self.role in ROLES and ROLES.index(self.role) >= ROLES.index(role)


def html(body: str, status: int = 200, *headers: tuple[bytes, bytes]) -> Response:
    """Returns a page that is kept nowhere."""
    return Response(status, (HTML, NOT_KEPT, *SECURE, *headers), body.encode("utf-8", "replace"))


def see(address: str, *headers: tuple[bytes, bytes]) -> Response:
    """Returns a redirect after a form was taken, to one of our own addresses."""
    assert address.startswith("/") and not address.startswith("//")
    return Response(303, ((b"location", address.encode("ascii", "ignore")), NOT_KEPT, *SECURE, *headers))


def download(name: str, kind: str, body: bytes) -> Response:
    """Returns a file to be kept under a name of ours."""
    disposition = f'attachment; filename="{name}"'.encode("ascii", "ignore")
    headers = ((b"content-type", kind.encode()), (b"content-disposition", disposition), NOT_KEPT, *SECURE)
    return Response(200, headers, body)


class NotFoundError(Exception):
    """There is nothing of that name; the message says what was looked for."""


def note_view(asked: Asked, action: str, subjects: Iterable[str]) -> None:
    """Notes who looks at what; where it cannot be noted, nothing is shown."""
    distinct = dict.fromkeys(subjects)
    asked.ledger.views.add([View(asked.now, asked.person, f"console: {action}", one) for one in distinct])


def given(form: Mapping[str, str], name: str, longest: int = LONGEST_TEXT) -> str:
    """A field of a form without blanks around it; empty where it is missing. Raises UsageError for one too long."""
    text = form.get(name, "").strip()
    if len(text) > longest:
        raise UsageError([Mistake(f"`{name}`", f"is longer than {longest:,} characters", "shorten it")])
    return text


def own_address(text: str, otherwise: str) -> str:
    """An address of ours that a form names, or another one where it names none: never another site's."""
    safe = text.startswith("/") and not text.startswith(("//", "/\\")) and text.isascii() and text.isprintable()
    return text if safe else otherwise
