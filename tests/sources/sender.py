"""Sends requests of five spans one after another, each until it is acknowledged: `python -m tests.sources.sender`."""

from __future__ import annotations

import http.client
import sys
import time
from pathlib import Path

from tests.sources.requests import KEY, PROTOBUF_TYPE, traces, traces_in_protobuf

SPANS = 5


def main() -> None:
    """Sends to a port until a file appears, and then prints how many requests were acknowledged."""
    port, stop = int(sys.argv[1]), Path(sys.argv[2])
    number = 0
    while not stop.exists():
        names = [f"{number}-{span}" for span in range(SPANS)]
        kind, body = ("application/json", traces(*names)) if number % 2 else (PROTOBUF_TYPE, traces_in_protobuf(*names))
        while post(port, kind, body) != 200:
            time.sleep(0.005)
        number += 1
    print(number, flush=True)


def post(port: int, kind: str, body: bytes) -> int:
    """The status of the answer; 0 when there was none."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("POST", "/v1/traces", body, {"content-type": kind, "authorization": f"Bearer {KEY}"})
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


if __name__ == "__main__":
    main()
