"""A small OpenID Connect provider on this machine: discovery, keys, a page on which a person agrees, and tokens.

It keeps to the standard by itself; a test changes what it says through `twist` and the other fields.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

CLIENT, SECRET = "stillwatch console", "s3cret: with a colon"


def key(name: str) -> RSAKey:
    """A fresh pair of keys."""
    return RSAKey.generate_key(2048, {"kid": name, "use": "sig", "alg": "RS256"})


def _part(said: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(said).encode()).rstrip(b"=").decode()


@dataclass
class Provider:
    """What the provider knows and has been asked; the issuer is its address."""

    port: int = 0
    person: dict[str, Any] = field(default_factory=lambda: {"sub": "u1", "email": "ana@example.org"})
    verified: bool | None = True
    groups: Any = ("abuse-team",)
    keys: list[RSAKey] = field(default_factory=lambda: [key("first")])
    twist: Callable[[dict[str, Any]], Any] = lambda claims: claims  # changes what a token says
    signer: Callable[[dict[str, Any]], str] | None = None  # signs in another way
    metadata: dict[str, Any] = field(default_factory=dict)  # what discovery says otherwise
    public: bool = False  # whether the client has no secret
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)  # the paths in the order in which they were asked for

    @property
    def issuer(self) -> str:
        """The address, as in tokens."""
        return f"http://127.0.0.1:{self.port}"

    def described(self) -> dict[str, Any]:
        """The discovery document."""
        return {
            "issuer": self.issuer,
            "authorization_endpoint": self.issuer + "/authorize",
            "token_endpoint": self.issuer + "/token",
            "jwks_uri": self.issuer + "/keys",
            "authorization_response_iss_parameter_supported": True,
            **self.metadata,
        }

    def agree(self, address: str) -> str:
        """Where a browser is sent after its person agreed at the address that the console gave."""
        asked = dict(parse_qsl(urlsplit(address).query))
        assert asked["response_type"] == "code" and asked["code_challenge_method"] == "S256"
        assert asked["client_id"] == CLIENT and "openid" in asked["scope"].split()
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state'], 'iss': self.issuer})}"

    def token(self, form: dict[str, str], header: str) -> tuple[int, dict[str, Any]]:
        """What a code is exchanged for: once, by the client alone, and with the word that fits the challenge."""
        if not self._is_client(form, header):
            return 401, {"error": "invalid_client"}
        asked = self.codes.pop(form.get("code", ""), None)
        if asked is None or asked["redirect_uri"] != form.get("redirect_uri"):
            return 400, {"error": "invalid_grant"}
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != asked["code_challenge"]:
            return 400, {"error": "invalid_grant"}
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": asked["nonce"]}
        claims |= self.person | {"groups": self.groups}
        claims |= {} if self.verified is None else {"email_verified": self.verified}
        sign = self.signer or self.signed
        return 200, {"access_token": "x", "token_type": "Bearer", "id_token": sign(self.twist(claims))}

    def signed(self, claims: dict[str, Any]) -> str:
        """A token by the newest key."""
        return jwt.encode({"alg": "RS256", "kid": self.keys[-1].kid}, claims, self.keys[-1])

    def by_word(self, claims: dict[str, Any]) -> str:
        """A token that takes the public key for a word that both sides know."""
        signed = f"{_part({'alg': 'HS256', 'kid': self.keys[-1].kid})}.{_part(claims)}"
        digest = hmac.digest(self.keys[-1].as_pem(private=False), signed.encode(), "sha256")
        return f"{signed}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"

    def unsigned(self, claims: dict[str, Any]) -> str:
        """A token that nobody signed."""
        return f"{_part({'alg': 'none'})}.{_part(claims)}."

    def published(self) -> Any:
        """The public keys."""
        return KeySet(list(self.keys)).as_dict(private=False)

    def _is_client(self, form: dict[str, str], header: str) -> bool:
        if self.public:
            return form.get("client_id") == CLIENT and not header
        known = base64.b64encode(f"{quote(CLIENT, safe='')}:{quote(SECRET, safe='')}".encode()).decode()
        return header == f"Basic {known}"


class Answers(BaseHTTPRequestHandler):
    """What the provider of the class says over HTTP."""

    provider: Provider

    def do_GET(self) -> None:
        """Discovery, keys, and the page on which a person agrees."""
        self.provider.asked.append(urlsplit(self.path).path)
        if self.path == "/.well-known/openid-configuration":
            self._json(200, self.provider.described())
        elif self.path == "/keys":
            self._json(200, self.provider.published())
        elif self.path.startswith("/authorize?"):
            back = self.provider.agree(self.path).replace("&", "&amp;")
            self._send(
                200, "text/html", f"<!doctype html><title>Provider</title><a href='{back}'>Continue</a>".encode()
            )
        else:
            self._json(404, {})

    def do_POST(self) -> None:
        """Exchanges a code."""
        self.provider.asked.append(self.path)
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        self._json(*self.provider.token(dict(parse_qsl(body)), self.headers.get("authorization", "")))

    def log_message(self, format: str, *words: object) -> None:
        """Says nothing."""

    def _json(self, status: int, said: Any) -> None:
        self._send(status, "application/json", json.dumps(said).encode())

    def _send(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def provider() -> Iterator[Provider]:
    """Yields a provider that listens."""
    found = Provider()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Answers", (Answers,), {"provider": found}))
    found.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()


def settings_for(found: Provider, folder: Any, **other: Any) -> dict[str, Any]:
    """The settings of a console that enters people by this provider."""
    secret = folder / "oidc.secret"
    secret.write_text(SECRET + "\n", encoding="utf-8")
    return {
        "issuer": found.issuer,
        "client_id": CLIENT,
        "client_secret_file": secret,
        "public_address": "http://127.0.0.1:1",
        "roles": {"abuse-team": "analyst", "abuse-leads": "approver", "everybody": "viewer"},
        **other,
    }
