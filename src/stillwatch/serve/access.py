"""Who may call what: keys of the ledger, kept as hashes in memory, so that they are known while the ledger is away."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping, Sequence
from hashlib import sha256

from stillwatch.ledger import Key
from stillwatch.serve.http import Headers, Response, problem

LONGEST_SECRET = 512  # bytes


class Access:
    """The keys that were in the ledger when it last answered."""

    def __init__(self) -> None:
        self._keys: Mapping[bytes, Key] | None = None

    @property
    def known(self) -> bool:
        """Whether the ledger ever told which keys there are."""
        return self._keys is not None

    def learn(self, keys: Mapping[str, Key]) -> None:
        """Takes the keys of the ledger, each under the sha256 of its secret."""
        self._keys = {bytes.fromhex(digest): key for digest, key in keys.items() if key.revoked_at is None}

    def check(
        self, headers: Headers, credentials: Sequence[bytes], scopes: Sequence[str], basic: bool = False
    ) -> Key | Response:
        """Returns the key that was shown in one of the headers, or the problem with it.

        With `basic` it may also be the password of HTTP's Basic scheme, whatever the user's name is.
        """
        if self._keys is None:
            return problem(503, "the keys are not known yet, because the ledger did not answer; try again later")
        secret = _shown(headers, credentials, basic)
        if secret is None:
            return _unknown("a key is missing; send it as " + " or ".join(f"`{name.decode()}`" for name in credentials))
        digest = sha256(secret).digest()
        # what is looked up is a hash of 256 random bits, so that its time tells nothing of the secret
        key = self._keys.get(digest)
        if key is None:
            return _unknown("the key is unknown or revoked; make one with `stillwatch keys create`")
        if key.scope not in scopes:
            return problem(
                403, f"this key is for `{key.scope}`, and this address needs one for `{'` or `'.join(scopes)}`"
            )
        return key


def _shown(headers: Headers, credentials: Sequence[bytes], basic: bool) -> bytes | None:
    for name, value in headers:
        if name not in credentials or len(value) > LONGEST_SECRET:
            continue
        if name != b"authorization":
            return value.strip()
        scheme, _, rest = value.strip().partition(b" ")
        scheme = scheme.lower()
        if scheme == b"bearer":
            return rest.strip()
        if basic and scheme == b"basic":
            return _password(rest).strip()
    return None


def _password(pair: bytes) -> bytes:
    try:
        return b64decode(pair, validate=True).partition(b":")[2]
    except ValueError:
        return pair  # some clients send the bare key behind `Basic`


def _unknown(detail: str) -> Response:
    return problem(401, detail, (b"www-authenticate", b"Bearer"))
