"""A bare ASGI route that reads the body and answers a constant, served as `stillwatch serve` is: `… bare PORT`."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import uvicorn

from stillwatch.serve.server import BoundedProtocol

CONSTANT = b'{"account_id":"account-00000000-000000","level":null,"network_id":null,"campaign_id":null,"effects":[]}'
START = {
    "type": "http.response.start",
    "status": 200,
    "headers": [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(CONSTANT))],
}


async def answer(
    _scope: dict[str, Any], receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]
) -> None:
    """Answers the constant."""
    while (await receive()).get("more_body", False):
        pass
    await send(START)
    await send({"type": "http.response.body", "body": CONSTANT})


if __name__ == "__main__":
    uvicorn.run(
        answer,
        port=int(sys.argv[1]),
        http=partial(BoundedProtocol, receive_seconds=20.0),
        ws="none",
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_keep_alive=75,
    )
