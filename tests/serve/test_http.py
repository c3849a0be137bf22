"""A body is read within its bounds, however it is packed and in however many pieces it comes."""

from __future__ import annotations

import asyncio
import gzip
import zlib
from collections.abc import MutableMapping
from typing import Any

import pytest

from stillwatch.serve.http import Response, read_body
from tests.serve.asked import http_scope

MOST = 1_000


def read(pieces: list[bytes], headers: dict[str, str] | None = None, ends: bool = True) -> bytes | int | None:
    """The body, or the status of the problem with it; without `ends` the client goes away behind the pieces."""
    left = list(pieces)

    async def receive() -> MutableMapping[str, Any]:
        if not left:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": left.pop(0), "more_body": bool(left) or not ends}

    scope = http_scope("POST", "/", list((headers or {}).items()))
    found = asyncio.run(read_body(scope, receive, MOST))
    return found.status if isinstance(found, Response) else found


BOMB = gzip.compress(bytes(50_000_000))


@pytest.mark.parametrize(
    ("pieces", "headers", "expected"),
    [
        ([b"abc"], {}, b"abc"),
        ([b"a", b"", b"bc"], {}, b"abc"),
        ([b""], {}, b""),
        ([b"a" * MOST], {"content-length": "1000"}, b"a" * MOST),
        ([b"a" * (MOST + 1)], {}, 413),
        ([b"a" * 600, b"a" * 600], {}, 413),
        ([b""], {"content-length": "1001"}, 413),
        ([gzip.compress(b"abc")], {"content-encoding": "gzip"}, b"abc"),
        ([zlib.compress(b"abc")], {"content-encoding": " Deflate "}, b"abc"),
        ([gzip.compress(bytes(MOST))], {"content-encoding": "gzip"}, bytes(MOST)),
        ([gzip.compress(bytes(MOST + 1))], {"content-encoding": "gzip"}, 413),
        ([BOMB[:900]], {"content-encoding": "gzip"}, 413),
        ([gzip.compress(b"abc")[:-3]], {"content-encoding": "gzip"}, 400),
        ([b"abc"], {"content-encoding": "gzip"}, 400),
        ([b"abc"], {"content-encoding": "br"}, 415),
        ([b"abc"], {"content-encoding": "gzip, gzip"}, 415),
        ([b"abc"], {"content-encoding": "identity"}, b"abc"),
    ],
    ids=range(17),
)
def test_a_body_is_read_within_its_bounds(pieces: list[bytes], headers: dict[str, str], expected: object) -> None:
    assert read(pieces, headers) == expected


@pytest.mark.parametrize("pieces", [[], [b"a"], [b"a", b"b"]])
def test_a_client_that_goes_away_has_no_body(pieces: list[bytes]) -> None:
    assert read(pieces, ends=False) is None
