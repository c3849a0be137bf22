"""Sends objects to a partner's TAXII 2.1 server and reads from it, within bounds on what it may make us do."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from stillwatch.errors import InputError, Mistake, UsageError
from stillwatch.records.identifiers import read_stamp

try:
    import httpx
except ModuleNotFoundError as error:
    _REMEDY = "install it with `pip install 'stillwatch[share]'`"
    raise UsageError([Mistake("`share`", f"needs the package `{error.name}`", _REMEDY)]) from error

MEDIA = "application/taxii+json;version=2.1"
MOST_BYTES = 20_000_000
"""Bytes of one answer."""
MOST_PAGES = 10_000
AT_ONCE = 2_000
"""Objects of one request."""
BYTES_AT_ONCE = 8_000_000
"""Bytes of one request, below what servers commonly take."""
PATIENCE = httpx.Timeout(30.0)

Object = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Pulled:
    """What a partner's server had, and after which time of addition to ask the next time."""

    objects: tuple[Any, ...]
    until: datetime | None


class TaxiiCollection:
    """One collection of a server; redirects are not followed, since the secret is for this server alone."""

    def __init__(self, address: str, user: str, secret: str, transport: httpx.BaseTransport | None = None) -> None:
        self._address = address.rstrip("/") + "/"
        self._client = httpx.Client(
            auth=(user, secret),
            headers={"accept": MEDIA},
            timeout=PATIENCE,
            follow_redirects=False,
            trust_env=transport is None,
            transport=transport,
        )

    def close(self) -> None:
        """Ends the connection."""
        self._client.close()

    def push(self, objects: Sequence[Object]) -> None:
        """Sends the objects, in portions; raises InputError where the server does not take them all."""
        for portion in _portions(objects):
            headers = {"content-type": MEDIA}
            said = self._answer("POST", "objects/", content=b'{"objects":[' + portion + b"]}", headers=headers)[0]
            if said.get("failure_count", 0) or said.get("status") not in ("complete", "pending"):
                failures = said.get("failures")
                first = failures[0] if isinstance(failures, list) and failures else {}
                reason = str(first.get("message", "no reason given"))[:200] if isinstance(first, dict) else ""
                raise InputError(f"`{self._address}` did not take what was sent ({reason}); nothing of it counts there")

    def pull(self, after: datetime | None, most: int) -> Pulled:
        """Reads what was added after a time, at most `most` objects.

        Raises InputError where the server's pages do not end, or hold more.
        """
        objects: list[Any] = []
        until, seen = after, set[str]()
        asked: dict[str, str] = {} if after is None else {"added_after": after.isoformat().replace("+00:00", "Z")}
        for _ in range(MOST_PAGES):
            said, headers = self._answer("GET", "objects/", params=asked)
            found = said.get("objects", [])
            if not isinstance(found, list):
                raise InputError(f"`{self._address}` answers with what is no envelope; tell its operator")
            objects += found
            if len(objects) > most:
                raise InputError(f"`{self._address}` has more than {most:,} new objects; nothing of them was taken")
            until = max(filter(None, (until, read_stamp(headers.get("x-taxii-date-added-last")))), default=None)
            cursor = said.get("next")
            if said.get("more") is not True:
                return Pulled(tuple(objects), until)
            if not isinstance(cursor, str) or cursor in seen or not found:
                break
            seen.add(cursor)
            asked = {**asked, "next": cursor}
        raise InputError(f"the pages of `{self._address}` do not end; tell its operator")

    def _answer(self, method: str, path: str, **given: Any) -> tuple[dict[str, Any], httpx.Headers]:
        try:
            with self._client.stream(method, self._address + path, **given) as response:
                body = b"".join(_bounded(response.iter_bytes(), self._address))
        except httpx.HTTPError as error:
            raise InputError(
                f"`{self._address}` cannot be reached ({type(error).__name__}); try again later"
            ) from error
        said = _object(body)
        if response.status_code == httpx.codes.UNAUTHORIZED:  # what the server says is meant for its own operator
            remedy = "put the key that the partner made for us into its `key_file`, or ask for a new one"
            raise InputError(f"`{self._address}` answers 401: it does not know our key; {remedy}")
        if response.status_code not in (200, 202):
            words = said.get("description") or said.get("title") if said else None
            reason = f"{response.status_code}, {str(words)[:200]}" if words else str(response.status_code)
            raise InputError(f"`{self._address}` answers {reason}")
        if said is None:
            raise InputError(f"`{self._address}` answers with what is no JSON object; tell its operator")
        return said, response.headers


def secret_in(path: Path) -> str:
    """The secret in a partner's key file; raises UsageError where there is none."""
    remedy = "name a file that holds the key that the partner gave you, on one line"
    try:
        found = path.read_text(encoding="ascii").strip()
    except UnicodeDecodeError as error:
        raise UsageError([Mistake(f"key file `{path}`", "holds bytes that are no key of a partner", remedy)]) from error
    except OSError as error:
        what = f"cannot be read ({error.strerror or error})"
        raise UsageError([Mistake(f"key file `{path}`", what, remedy)]) from error
    if not found or len(found) > 512 or any(one.isspace() for one in found):
        raise UsageError([Mistake(f"key file `{path}`", "holds no key", "put the key alone on its first line")])
    return found


def _bounded(pieces: Iterator[bytes], address: str) -> Iterator[bytes]:
    size = 0
    for piece in pieces:
        size += len(piece)
        if size > MOST_BYTES:
            raise InputError(f"`{address}` answers with more than {MOST_BYTES:,} bytes; tell its operator")
        yield piece


def _object(body: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _portions(objects: Sequence[Object]) -> Iterator[bytes]:
    portion: list[bytes] = []
    size = 0
    for one in objects:
        body = json.dumps(one, separators=(",", ":"), ensure_ascii=False).encode()
        if portion and (size + len(body) > BYTES_AT_ONCE or len(portion) >= AT_ONCE):
            yield b",".join(portion)
            portion, size = [], 0
        portion.append(body)
        size += len(body) + 1
    if portion:
        yield b",".join(portion)
