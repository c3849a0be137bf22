"""TAXII 2.1: partners read what was released to them, and send what they know; each meets two collections of its own.

Everything stands in the ledger. An object's time of addition is unlike that of every other and only grows, so that it
is the cursor as well: a page never repeats another, whatever is added or withdrawn while a client turns pages.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec

from stillwatch.errors import UsageError
from stillwatch.ledger import View
from stillwatch.ledger.exchanged import Receipt, Stored, Wanted, inbox, outgoing
from stillwatch.ledger.received import QuotaError, objects_in
from stillwatch.records.identifiers import stamp
from stillwatch.serve.door import Door
from stillwatch.serve.http import Request, Response, problem
from stillwatch.serve.taxii_query import Asked, asked, micros
from stillwatch.settings import ServeSettings

if TYPE_CHECKING:
    from stillwatch.ledger.ledger import Ledger

ROOT = "/taxii2"
API = "/taxii2/api/"
MEDIA = "application/taxii+json;version=2.1"
STIX = "application/stix+json;version=2.1"
_JSON = (b"content-type", MEDIA.encode())
_READ_AS = ("application/taxii+json", "application/json", "application/stix+json", "application/vnd.oasis.stix+json")

_OF_OBJECTS = 4
"""Parts of the path `api/collections/ID/objects`, the only one that is written to."""

Answer = Callable[[Request], Response | Awaitable[Response]]


class TaxiiRoutes:
    """The TAXII server of one ledger."""

    def __init__(self, door: Door, settings: ServeSettings) -> None:
        self._door = door
        self._settings = settings

    async def __call__(self, request: Request) -> Response:
        """Answers whatever lies below ROOT."""
        refused = _unacceptable(request)
        if refused is not None:
            return refused
        words = [word for word in request.path.removeprefix(ROOT).split("/") if word]
        written = len(words) == _OF_OBJECTS and words[-1] == "objects"
        if request.method == "POST" and written:
            return await self._post(request, words)
        if request.method == "GET":
            return await self._get(request, words)
        allowed = b"GET, POST" if written else b"GET"
        return problem(405, "use GET, or POST to an inbox: nothing is deleted here", (b"allow", allowed))

    async def _get(self, request: Request, words: list[str]) -> Response:
        match words:
            case []:
                return _said({"title": "Stillwatch", "default": API, "api_roots": [API]})
            case ["api"]:
                return _said({"title": "Sharing", "versions": [MEDIA], "max_content_length": self._most})
            case ["api", "status", receipt_id]:
                return await self._status(_partner(request), receipt_id)
            case ["api", "collections"]:
                return _said({"collections": _collections(_partner(request))})
            case ["api", "collections", name]:
                mine = [one for one in _collections(_partner(request)) if one["id"] == name]
                return _said(mine[0]) if mine else _nothing()
            case ["api", "collections", name, *rest] if name == outgoing(_partner(request)):
                return await self._read(request, rest)
            case ["api", "collections", name, *_] if name == inbox(_partner(request)):
                return problem(403, "this collection is an inbox: it can be written to, and not read")
        return _nothing()

    @property
    def _most(self) -> int:
        return self._settings.taxii_body_bytes

    async def _read(self, request: Request, words: list[str]) -> Response:
        found = asked(request.query)
        if isinstance(found, Response):
            return found
        match words:
            case ["objects"]:
                return await self._paged(request, found, _envelope)
            case ["manifest"]:
                return await self._paged(request, found, _manifest)
            case ["objects", object_id]:
                return await self._one(request, found.of(object_id), _envelope)
            case ["objects", object_id, "versions"]:
                return await self._one(request, found.of(object_id, ("all",)), _versions)
        return _nothing()

    async def _one(self, request: Request, found: Asked, shape: Callable[[list[Stored]], dict[str, str]]) -> Response:
        """One object; where no version of it can be read, there is no such address."""
        partner = _partner(request)
        exists = await self._door.call(
            lambda ledger: bool(ledger.shares.page(partner, Wanted(found.wanted.ids, versions=("all",), limit=1)))
        )
        if isinstance(exists, Response):
            return exists
        return await self._paged(request, found, shape) if exists else _nothing()

    async def _paged(self, request: Request, found: Asked, shape: Callable[[list[Stored]], dict[str, str]]) -> Response:
        partner, wanted = _partner(request), found.wanted

        def read(ledger: Ledger) -> list[Stored]:
            rows = [] if found.nothing else ledger.shares.page(partner, wanted)
            shown = rows[: wanted.limit]
            if shown:
                told = f"{outgoing(partner)} {micros(shown[0].at)} to {micros(shown[-1].at)}"
                ledger.views.add([View(datetime.now(UTC), partner, "taxii", told)])
            return rows

        rows = await self._door.call(read)
        if isinstance(rows, Response):
            return rows
        shown = rows[: wanted.limit]
        if not shown:
            return _said({})
        parts = shape(shown)
        if len(rows) > len(shown):
            parts = {"more": "true", "next": f'"{micros(shown[-1].at)}"', **parts}
        body = "{" + ",".join(f'"{name}":{text}' for name, text in parts.items()) + "}"
        dates = ((b"x-taxii-date-added-first", shown[0].at), (b"x-taxii-date-added-last", shown[-1].at))
        return Response(200, (_JSON, *((name, _added(at).encode()) for name, at in dates)), body.encode())

    async def _status(self, partner: str, receipt_id: str) -> Response:
        found = await self._door.call(lambda ledger: ledger.received.receipt(receipt_id, partner))
        if isinstance(found, Response):
            return found
        return _nothing() if found is None else _received(found, 200)

    async def _post(self, request: Request, words: list[str]) -> Response:
        partner = _partner(request)
        if words not in (["api", "collections", name, "objects"] for name in (inbox(partner), outgoing(partner))):
            return _nothing()
        if words[2] == outgoing(partner):
            return problem(403, "this collection can be read, and not written to; write to your inbox")
        if not _readable(request):
            return problem(415, f"send `{MEDIA}`")
        try:
            objects = objects_in(msgspec.json.decode(request.body))
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            return problem(400, "the body is no JSON")
        if objects is None:
            return problem(422, 'the body is no envelope; send `{"objects": [...]}`')
        quota = self._settings.taxii_objects_per_day
        try:
            found = await self._door.call(
                lambda ledger: ledger.received.add(partner, objects, datetime.now(UTC), quota)
            )
        except QuotaError as error:
            return problem(429, str(error), (b"retry-after", b"3600"))
        except UsageError as error:
            return problem(422, str(error))
        return found if isinstance(found, Response) else _received(found, 202)


def dressed(response: Response) -> Response:
    """A problem as TAXII's error message."""
    said = json.loads(response.body) if response.body else {}
    message = {
        "title": said.get("title", "Error"),
        "description": said.get("detail", ""),
        "http_status": str(response.status),
    }
    kept = tuple((name, value) for name, value in response.headers if name != b"content-type")
    if response.status == 401:
        kept = ((b"www-authenticate", b'Basic realm="taxii"'),)
    return Response(response.status, (_JSON, *kept), msgspec.json.encode(message))


def _partner(request: Request) -> str:
    """The name of the key that was shown; the route lets nobody in without one."""
    assert request.key is not None
    return request.key.name


def _collections(partner: str) -> list[dict[str, Any]]:
    both = (
        (outgoing(partner), "Released to you", "What was found here, and revocations of it.", True),
        (inbox(partner), "Your inbox", "What you tell; it is weighed, and nothing follows from it alone.", False),
    )
    return [
        {
            "id": name,
            "title": title,
            "description": words,
            "can_read": reads,
            "can_write": not reads,
            "media_types": [STIX],
        }
        for name, title, words, reads in both
    ]


def _envelope(rows: list[Stored]) -> dict[str, str]:
    return {"objects": "[" + ",".join(one.body for one in rows) + "]"}


def _manifest(rows: list[Stored]) -> dict[str, str]:
    entries = [
        {"id": one.object_id, "date_added": _added(one.at), "version": stamp(one.version), "media_type": STIX}
        for one in rows
    ]
    return {"objects": json.dumps(entries)}


def _versions(rows: list[Stored]) -> dict[str, str]:
    return {"versions": json.dumps([stamp(one.version) for one in rows])}


def _added(moment: datetime) -> str:
    """A time with six decimals: what has fewer some clients cannot hold against it."""
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


def _received(one: Receipt, status: int) -> Response:
    return _said({"id": one.receipt_id, **json.loads(one.outcome)}, status)


def _said(found: object, status: int = 200) -> Response:
    return Response(status, (_JSON,), msgspec.json.encode(found))


def _nothing() -> Response:
    return problem(404, "there is nothing at this address for this key")


def _unacceptable(request: Request) -> Response | None:
    """A refusal where the client takes no answer of ours; one that does not say takes any."""
    accepted = b",".join(request.every(b"accept")).decode("latin-1").lower().replace(" ", "")
    kinds = [one for one in accepted.split(",") if one]
    if not kinds or any(_fits(one) for one in kinds):
        return None
    return problem(406, f"accept `{MEDIA}`")


def _fits(kind: str) -> bool:
    name, *parameters = kind.split(";")
    versions = [one for one in parameters if one.startswith("version=")]
    return name in (*_READ_AS, "application/*", "*/*") and versions in ([], ["version=2.1"])


def _readable(request: Request) -> bool:
    stated = b"".join(request.every(b"content-type")[:1]).decode("latin-1").lower().replace(" ", "")
    return not stated or _fits(stated)
