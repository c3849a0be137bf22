"""Who asks: by this machine's one-time address, a trusted proxy, a company's sign-in, or a session that they began."""

from __future__ import annotations

import hmac
import secrets
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

from stillwatch.ledger import ROLES
from stillwatch.ledger.records import same_person
from stillwatch.serve.http import Request
from stillwatch.settings import ConsoleSettings

if TYPE_CHECKING:
    from stillwatch.ledger.ledger import Ledger

COOKIE = "stillwatch"
LONGEST_SECRET = 128
TOKEN, PROXY, OIDC = "token", "proxy", "oidc"


@dataclass(frozen=True, slots=True)
class Known:
    """Somebody whose session holds; `fresh` is a cookie that has yet to be set."""

    person: str
    role: str
    secret: str
    fresh: bool = False

    @property
    def csrf(self) -> str:
        """What a form of this session must bring, so that no other site's form passes for one of ours."""
        return csrf_of(self.secret)


@dataclass(frozen=True, slots=True)
class ShutOut:
    """Somebody who is known and may not enter."""

    person: str


class Token:
    """The one-time word by which whoever started the server enters as an administrator."""

    def __init__(self) -> None:
        self.word: str | None = secrets.token_urlsafe(32)
        self._lock = threading.Lock()

    def spend(self, shown: str) -> bool:
        """Whether this is the word, which from then on opens nothing."""
        with self._lock:
            right = self.word is not None and hmac.compare_digest(self.word.encode(), shown.encode("utf-8", "replace"))
            if right:
                self.word = None
            return right


class Gate:
    """Decides who a request is from; the ledger's word on a role counts at every request."""

    def __init__(self, settings: ConsoleSettings) -> None:
        self._settings = settings
        self._header = (settings.person_header or "").lower().encode()

    def who(self, request: Request, ledger: Ledger, now: datetime) -> Known | ShutOut | None:
        """Returns who asks; None for a stranger."""
        proxied = self._proxied(request)
        secret = cookie_of(request)
        session = ledger.sessions.find(secret, now) if secret else None
        if (
            session is not None
            and session.how == PROXY
            and (proxied is None or not same_person(proxied, session.person))
        ):
            session = None  # the proxy has let somebody else in, or nobody
        if session is None and proxied is not None:
            return self.enter(proxied, PROXY, ledger, now)
        if session is None:
            return None
        role = ledger.people.role_of(session.person) or session.role
        return Known(session.person, role, secret) if role in ROLES else ShutOut(session.person)

    def enter(self, person: str, how: str, ledger: Ledger, now: datetime, given: str | None = None) -> Known | ShutOut:
        """Begins a session, `given` being the role that a sign-in gives; raises UsageError for what is no name."""
        first = "admin" if how == TOKEN else given or self._settings.unknown_person
        role = ledger.people.role_of(person) or first
        if role not in ROLES:
            return ShutOut(person)
        secret = ledger.sessions.begin(person, role, how, now, timedelta(hours=self._settings.session_hours))
        return Known(person, role, secret, fresh=True)

    def cookie(self, known: Known, request: Request, encrypted: bool = False) -> tuple[bytes, bytes]:
        """Returns the header that gives the browser its session, only by TLS where it is `encrypted`."""
        encrypted = encrypted or self.is_encrypted(request)
        return cookie(COOKIE, known.secret, round(3_600 * self._settings.session_hours), encrypted)

    def is_encrypted(self, request: Request) -> bool:
        """Whether the browser speaks TLS, as far as a trusted proxy says so."""
        return self._trusts(request) and request.every(b"x-forwarded-proto") == [b"https"]

    def _proxied(self, request: Request) -> str | None:
        """The person whom a trusted proxy names; nobody where the header stands there twice or cannot be read."""
        if not self._header or not self._trusts(request):
            return None
        named = request.every(self._header)
        if len(named) != 1 or not named[0].strip() or len(named[0]) > 256:
            return None
        try:
            return named[0].decode().strip()
        except UnicodeDecodeError:
            return None

    def _trusts(self, request: Request) -> bool:
        client = request.scope.get("client")
        return client is not None and client[0] in self._settings.trusted_proxies


def forgotten() -> tuple[bytes, bytes]:
    """Returns the header that takes the session from the browser."""
    return cookie(COOKIE, "", 0, False)


def csrf_of(secret: str) -> str:
    """Returns a word that only whoever has the session's secret can make."""
    return sha256(b"stillwatch form\n" + secret.encode("utf-8", "replace")).hexdigest()


def same_form(known: Known, shown: str) -> bool:
    """Whether a form was made for this session."""
    return hmac.compare_digest(known.csrf.encode(), shown.encode("utf-8", "replace"))


def cookie_of(request: Request, named: str = COOKIE, longest: int = LONGEST_SECRET) -> str:
    """Returns the secret that the browser shows; empty without one. Of two with this name the first counts."""
    for value in request.every(b"cookie"):
        for part in value.decode("latin-1").split(";"):
            name, _, secret = part.strip().partition("=")
            if name == named:
                return secret if len(secret) <= longest else ""
    return ""


def cookie(name: str, secret: str, seconds: int, encrypted: bool) -> tuple[bytes, bytes]:
    """Returns the header that gives the browser a secret, which no script reads and no other site's form brings."""
    stated = f"{name}={secret}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{'; Secure' if encrypted else ''}"
    return b"set-cookie", stated.encode("ascii")
