"""Sign-in by a company's OpenID Connect provider: authorization code with PKCE, state and nonce, roles from a claim.

What one sign-in needs on the way back is derived from a secret in the browser's own cookie, so that a stranger can fill
no memory here, and a code that somebody else's browser brings opens nothing.
"""

from __future__ import annotations

import json
import secrets
import threading
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from urllib.parse import quote, urlencode

import httpx
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from stillwatch.errors import Mistake, UsageError
from stillwatch.ledger import ROLES
from stillwatch.settings import OidcSettings, is_safe

BEGIN, BACK = "/sign-in", "/signed-in"
LASTS = 600
"""Seconds within which a sign-in that was begun here is to come back."""
SIGNED = ("RS256", "PS256", "ES256", "ES384", "EdDSA", "Ed25519")
"""How a token may be signed: by a key pair, never by a word that both sides know, and never not at all."""
CLOCKS = 60
"""Seconds that the provider's clock may differ."""
KEPT, SOONEST = 3_600.0, 60.0
"""Seconds for which what the provider says of itself is kept, and within which it is not asked for keys again."""
PATIENCE = 10.0
LARGEST = 1_048_576
"""Bytes of an answer of the provider."""
LONGEST_CODE, LONGEST_PERSON = 8_192, 256
"""Characters."""
TOLD_ERRORS = ("access_denied", "login_required", "interaction_required", "consent_required", "server_error")
"""What a provider may say by itself; of other words nothing is repeated."""


class RefusedError(Exception):
    """Nobody is let in; the message is for the person, `why` one word for the log."""

    def __init__(self, why: str, message: str, status: int = 403) -> None:
        super().__init__(message)
        self.why, self.status = why, status


@dataclass(frozen=True, slots=True)
class Signed:
    """Whom the provider has named, and the highest role that its claim gives."""

    person: str
    role: str | None


@dataclass(frozen=True, slots=True)
class Provider:
    """What a provider says of itself, and when that was read."""

    authorization: str
    token: str
    by_body: bool  # whether it takes the secret in the body alone
    names_itself: bool  # whether it says in its answers who it is (RFC 9207)
    keys: KeySet
    read_at: float


class SignIn:
    """Sends browsers to the provider, and reads whom it names when they come back; several threads may use it."""

    def __init__(self, settings: OidcSettings, clock: Callable[[], float] = time.monotonic) -> None:
        """Raises UsageError where the secret cannot be read."""
        assert settings.issuer and settings.client_id and settings.public_address  # as the settings check
        self._settings, self._clock = settings, clock
        self._issuer, self._client_id = settings.issuer, settings.client_id
        self._back = settings.public_address.rstrip("/") + BACK
        self._secret = _secret(settings)
        self._http = httpx.Client(timeout=PATIENCE, follow_redirects=False)
        self._lock = threading.Lock()
        self._found: Provider | None = None

    @property
    def encrypted(self) -> bool:
        """Whether browsers reach the console by TLS."""
        return self._back.startswith("https://")

    def address(self, secret: str) -> str:
        """Where a browser that keeps this secret is sent; raises RefusedError where the provider does not answer."""
        asked = {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": self._back,
            "scope": " ".join(self._settings.scopes),
            "state": _derived(secret, "state"),
            "nonce": _derived(secret, "nonce"),
            "code_challenge": create_s256_code_challenge(_derived(secret, "verifier")),
            "code_challenge_method": "S256",
        }
        begin = self._provider().authorization
        return f"{begin}{'&' if '?' in begin else '?'}{urlencode(asked)}"

    def signed(self, query: Mapping[str, str], secret: str, now: float) -> Signed:
        """Whom the provider names to a browser that comes back; raises RefusedError."""
        if not _begun(secret, query.get("state", ""), now):
            raise RefusedError(
                "state", "This sign-in was not begun in this browser within the last ten minutes. Begin again."
            )
        if "error" in query:
            said = query["error"] if query["error"] in TOLD_ERRORS else "an error"
            raise RefusedError("provider_error", f"Your company's sign-in did not let you in ({said}).")
        provider = self._provider()
        named = query.get("iss")
        if (named is None and provider.names_itself) or named not in (None, self._issuer):
            raise RefusedError("mixed_up", "The answer is another sign-in's, not your company's. Begin again.")
        code = query.get("code", "")
        if not 0 < len(code) <= LONGEST_CODE:
            raise RefusedError("code", "Your company's sign-in sent nothing back. Begin again.")
        claims = self._claims(self._token(provider, code, secret), _derived(secret, "nonce"))
        return Signed(self._person(claims), self._role(claims))

    def close(self) -> None:
        """Ends the connections."""
        self._http.close()

    def _token(self, provider: Provider, code: str, secret: str) -> str:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._back,
            "code_verifier": _derived(secret, "verifier"),
        }
        by_header = None
        if self._secret is None or provider.by_body:
            form |= {"client_id": self._client_id} | ({"client_secret": self._secret} if self._secret else {})
        else:
            by_header = httpx.BasicAuth(quote(self._client_id, safe=""), quote(self._secret, safe=""))
        status, said = self._answer("POST", provider.token, data=form, auth=by_header)
        token = said.get("id_token")
        if status != 200 or not isinstance(token, str):
            raise RefusedError("token", "Your company's sign-in does not take its own answer back. Begin again.")
        return token

    def _claims(self, token: str, nonce: str) -> CodeIDToken:
        options = {
            "iss": {"essential": True, "value": self._issuer},
            "aud": {"essential": True, "value": self._client_id},
        }
        try:
            try:
                read = self._read(token, self._provider())
            except InvalidKeyIdError:  # the provider has changed its keys
                read = self._read(token, self._provider(again=True))
            claims = CodeIDToken(read.claims, read.header, options, {"nonce": nonce, "client_id": self._client_id})
            claims.validate(leeway=CLOCKS)
        except (JoseError, ValueError, TypeError) as error:
            what = getattr(error, "claim", None) or type(error).__name__
            raise RefusedError(
                f"id_token_{what}", "Your company's sign-in sent an answer that does not hold."
            ) from error
        return claims

    def _read(self, token: str, provider: Provider) -> jwt.Token:
        return jwt.decode(
            token, provider.keys, registry=JWSRegistry(algorithms=list(SIGNED), strict_check_header=False)
        )

    def _person(self, claims: Mapping[str, Any]) -> str:
        name = self._settings.person_claim
        found = claims.get(name)
        if name == "email" and claims.get("email_verified") not in (True, "true"):
            found = None
        if not isinstance(found, str) or not found.strip() or len(found) > LONGEST_PERSON or not found.isprintable():
            verified = "verified `email`" if name == "email" else f"`{name}`"
            raise RefusedError("person", f"Your company's sign-in does not say who you are: it sends no {verified}.")
        return found

    def _role(self, claims: Mapping[str, Any]) -> str | None:
        found = _led_to(claims, self._settings.roles_claim)
        values = found if isinstance(found, list) else [found]
        given = [self._settings.roles[one] for one in values if isinstance(one, str) and one in self._settings.roles]
        return max(given, key=ROLES.index, default=None)

    def _provider(self, again: bool = False) -> Provider:
        """What the provider says of itself, read at most once a minute; raises RefusedError."""
        with self._lock:
            age = None if self._found is None else self._clock() - self._found.read_at
            if self._found is None or age is None or age > (SOONEST if again else KEPT):
                self._found = self._asked()
            return self._found

    def _asked(self) -> Provider:
        status, said = self._answer("GET", self._issuer.rstrip("/") + "/.well-known/openid-configuration")
        places = [said.get(name) for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")]
        if status != 200 or said.get("issuer") != self._issuer:
            raise _wrong("discovery")
        if not all(isinstance(one, str) and is_safe(one) for one in places):
            raise _wrong("endpoints")
        _, found = self._answer("GET", str(places[2]))
        keys = found.get("keys")
        pairs = (
            [one for one in keys if isinstance(one, dict) and one.get("kty") != "oct"] if isinstance(keys, list) else []
        )
        try:
            known = KeySet.import_key_set({"keys": pairs})
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise _wrong("keys") from error
        ways = said.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        return Provider(
            str(places[0]),
            str(places[1]),
            isinstance(ways, list) and "client_secret_basic" not in ways,
            said.get("authorization_response_iss_parameter_supported") is True,
            known,
            self._clock(),
        )

    def _answer(self, method: str, address: str, **given: Any) -> tuple[int, dict[str, Any]]:
        try:
            with self._http.stream(method, address, **given) as response:
                body = bytearray()
                for piece in response.iter_bytes():
                    body += piece
                    if len(body) > LARGEST:
                        raise _wrong("size")
            said = json.loads(body)
        except (httpx.HTTPError, ValueError, RecursionError) as error:
            raise _wrong(type(error).__name__) from error
        return response.status_code, said if isinstance(said, dict) else {}


def begun(now: float) -> str:
    """Returns a secret for a browser that begins a sign-in."""
    return f"{int(now)}.{secrets.token_urlsafe(32)}"


def _begun(secret: str, state: str, now: float) -> bool:
    """Whether the browser has begun the sign-in of this state, and not too long ago."""
    at = secret.partition(".")[0]
    return (
        len(secret) > 40
        and at.isascii()
        and at.isdigit()
        and 0 <= now - int(at) <= LASTS
        and secrets.compare_digest(_derived(secret, "state").encode(), state.encode("utf-8", "replace"))
    )


def _derived(secret: str, what: str) -> str:
    """43 characters that only whoever has the secret can make."""
    raw = sha256(f"stillwatch {what}\n{secret}".encode("utf-8", "replace")).digest()
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def _led_to(claims: Mapping[str, Any], name: str) -> Any:
    """A claim by its whole name, or else what the parts of the name lead to."""
    if name in claims:
        return claims[name]
    found: Any = claims
    for part in name.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _wrong(why: str) -> RefusedError:
    return RefusedError(f"provider_{why}", "Your company's sign-in does not answer as it should. Try again later.", 503)


def _secret(settings: OidcSettings) -> str | None:
    path = settings.client_secret_file
    if path is None:
        return None
    try:
        found = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        remedy = "write the secret that the provider gave into it, readable by this user alone"
        raise UsageError([Mistake(f"`oidc.client_secret_file`: `{path}`", "cannot be read", remedy)]) from error
    if not found:
        raise UsageError([Mistake(f"`oidc.client_secret_file`: `{path}`", "is empty", "write the secret into it")])
    return found
