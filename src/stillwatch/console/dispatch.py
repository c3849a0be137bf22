"""From a request to a page: who asks, may they, is the form theirs, and what is said where something fails."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote

from stillwatch.console import static
from stillwatch.console.asked import Asked, NotFoundError, Site, see
from stillwatch.console.findings import NoRunError
from stillwatch.console.gate import TOKEN, Gate, Known, ShutOut, Token, forgotten, same_form
from stillwatch.console.pages import Found, find
from stillwatch.console.render import page, plain
from stillwatch.errors import RunError, UsageError
from stillwatch.serve import logs
from stillwatch.serve.door import Door
from stillwatch.serve.http import PROBLEM, Request, Response

if TYPE_CHECKING:
    from stillwatch.console.entrance import Entrance
    from stillwatch.console.sign_in import SignIn
    from stillwatch.ledger.ledger import Ledger

STATIC = "/static/"
ENTER, LEAVE = "/enter", "/leave"
MOST_FIELDS = 1_000
BODY = 131_072
"""Bytes of a form: a bulk action of two hundred ids fits ten times."""


class Dispatch:
    """Answers every request for a page."""

    def __init__(self, site: Site, door: Door, token: Token, who: str, sign_in: SignIn | None = None) -> None:
        self._site, self._door, self._token, self._who = site, door, token, who
        self._gate = Gate(site.settings.console)
        self.entrance: Entrance | None = None
        if sign_in is not None:
            from stillwatch.console.entrance import Entrance  # here, because its packages are an extra

            self.entrance = Entrance(sign_in, self._gate, door)

    async def __call__(self, request: Request) -> Response:
        """Returns a page, whatever happens."""
        method, path = request.scope["method"], _raw_path(request)
        if path.startswith(STATIC):
            found = static.answer(path[len(STATIC) :]) if method in ("GET", "HEAD") else None
            return found or plain("nothing.html.j2", 404, title="Not found", message="There is no such file.")
        if self.entrance is not None and (entering := await self.entrance.answer(request, path)) is not None:
            return entering
        found_page = await self._door.call(lambda ledger: self._answer(request, path, ledger))
        if PROBLEM in found_page.headers:  # of the door itself: the ledger does not answer
            message = "The ledger does not answer at the moment. Nothing was changed; try again."
            return plain("nothing.html.j2", found_page.status, title="Try again", message=message)
        return found_page

    def _answer(self, request: Request, path: str, ledger: Ledger) -> Response:
        try:
            return self._of_anybody(request, path, ledger)
        except RunError:
            raise  # the door says that the ledger is away
        except Exception as error:  # noqa: BLE001  a person is answered whatever fails inside
            logs.note("failed", logging.ERROR, route="console", **logs.where(error))
            message = "This is our fault; it is written in the server's log. Nothing was changed."
            return plain("nothing.html.j2", 500, title="Something failed", message=message)

    def _of_anybody(self, request: Request, path: str, ledger: Ledger) -> Response:
        now = datetime.now(UTC)
        form = _form(request) if request.scope["method"] == "POST" else {}
        if form is None:
            return plain("nothing.html.j2", 400, title="Unreadable", message="The form cannot be read; send it again.")
        if path == ENTER:
            return self._enter(request, _flat(form), ledger, now)
        known = self._gate.who(request, ledger, now)
        if isinstance(known, ShutOut):
            return plain("shut_out.html.j2", 403, title="No role", person=known.person)
        if known is None:
            return self._stranger(request, path)
        answer = self._of(known, request, path, form, Asking(ledger, now))
        if not known.fresh:
            return answer
        return Response(answer.status, (*answer.headers, self._gate.cookie(known, request)), answer.body)

    def _stranger(self, request: Request, path: str) -> Response:
        to = (
            ""
            if path in ("/", ENTER)
            else path + (f"?{request.query.decode('ascii', 'ignore')}" if request.query else "")
        )
        proxied, sign_in = bool(self._site.settings.console.person_header), self.entrance is not None
        return plain("stranger.html.j2", 401, title="Enter first", proxied=proxied, sign_in=sign_in, to=to)

    def _of(self, known: Known, request: Request, path: str, form: Form, asking: Asking) -> Response:
        asked = self._asked(known, request, path, form, asking)
        method = request.scope["method"]
        if method not in ("GET", "HEAD") and not same_form(known, asked.form.get("csrf", "")):
            message = "This form was not made for your session: it is old, or of another page. Open the page again."
            return page(asked, "refused.html.j2", 403, title="Form refused", message=message, mistakes=())
        if path == LEAVE and method == "POST":
            asking.ledger.sessions.end(known.secret, known.person, asking.now)
            return see(ENTER, forgotten())
        found = find(method, path)
        if not isinstance(found, Found):
            return _nowhere(asked, found)
        if not asked.may(found.page.role):
            message = f"This needs the role {found.page.role}; yours is {asked.role}. An administrator can change it."
            return page(asked, "refused.html.j2", 403, title="Not allowed", message=message, mistakes=())
        asked.ids = found.ids
        return _tried(asked, found.page.answer)

    def _asked(self, known: Known, request: Request, path: str, form: Form, asking: Asking) -> Asked:
        return Asked(
            site=self._site,
            ledger=asking.ledger,
            now=asking.now,
            path=path,
            query=_flat(_pairs(request.query) or {}),
            person=known.person,
            role=known.role,
            csrf=known.csrf,
            form=_flat(form),
            several=form,
            secret=known.secret,
        )

    def _enter(self, request: Request, form: Mapping[str, str], ledger: Ledger, now: datetime) -> Response:
        """Lets whoever has the one-time word in; a form takes it, so that a program that only looks spends nothing."""
        if request.scope["method"] != "POST":
            shown = _flat(_pairs(request.query) or {}).get("token", "")
            if not shown:
                return self._stranger(request, ENTER)
            return plain("enter.html.j2", 200, title="Enter", token=shown)
        if not self._token.spend(form.get("token", "")):
            message = "This address was used, or is not the one that was printed. Start the server again for a new one."
            return plain("nothing.html.j2", 403, title="Not let in", message=message)
        known = self._gate.enter(self._who, TOKEN, ledger, now)
        if isinstance(known, ShutOut):
            return plain("shut_out.html.j2", 403, title="No role", person=known.person)
        logs.note("entered", logging.INFO, how=TOKEN)
        return see("/", self._gate.cookie(known, request))


class Asking:
    """The ledger and the moment of one request."""

    def __init__(self, ledger: Ledger, now: datetime) -> None:
        self.ledger, self.now = ledger, now


Form = Mapping[str, tuple[str, ...]]
"""Every value of each field."""


def _tried(asked: Asked, answer: Callable[[Asked], Response]) -> Response:
    try:
        return answer(asked)
    except NotFoundError as error:
        return page(asked, "refused.html.j2", 404, title="Not found", message=str(error), mistakes=())
    except NoRunError as error:
        return page(asked, "refused.html.j2", 503, title="No findings", message=f"{error}.", mistakes=())
    except UsageError as error:
        message = "Nothing was changed."
        return page(asked, "refused.html.j2", 409, title="Not done", message=message, mistakes=error.mistakes)


def _nowhere(asked: Asked, methods: tuple[str, ...]) -> Response:
    if methods:
        message = f"This address is for {' and '.join(sorted(set(methods)))}."
        return page(asked, "refused.html.j2", 405, title="Not this way", message=message, mistakes=())
    return page(asked, "refused.html.j2", 404, title="Not found", message="There is no such page.", mistakes=())


def _raw_path(request: Request) -> str:
    raw = request.scope.get("raw_path")
    return raw.decode("latin-1") if isinstance(raw, bytes) and raw else quote(request.path, safe="/.~")


def _form(request: Request) -> Form | None:
    """The fields of a form; None where it cannot be read."""
    kind = next(iter(request.every(b"content-type")), b"").partition(b";")[0].strip().lower()
    return _pairs(request.body) if kind in (b"application/x-www-form-urlencoded", b"") else None


def _pairs(raw: bytes) -> Form | None:
    try:
        pairs = parse_qsl(raw.decode("ascii"), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="replace")
    except (ValueError, UnicodeDecodeError):
        return None
    found: dict[str, tuple[str, ...]] = {}
    for name, value in pairs:
        found[name] = (*found.get(name, ()), value)
    return found


def _flat(form: Form) -> dict[str, str]:
    """The last value of each field."""
    return {name: values[-1] for name, values in form.items()}
