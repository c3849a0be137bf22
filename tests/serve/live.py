"""A real `stillwatch serve` as a process of its own, and plain sockets to it."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SETTINGS = """[serve]
receive_seconds = 1.0
refresh_seconds = 0.05
keys_refresh_seconds = 0.1
"""


@dataclass(frozen=True)
class Live:
    """A serving process and its port; `log` is where its lines go."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path

    def sent(self, raw: bytes, then_wait: bool = True) -> bytes:
        """Sends bytes over a connection of their own and returns everything that comes until it is closed."""
        with socket.create_connection(("127.0.0.1", self.port), 30) as connection:
            connection.sendall(raw)
            return everything(connection) if then_wait else b""

    def post(self, path: str, key: str, body: object) -> tuple[int, object]:
        """Posts JSON, and returns status and answer."""
        raw = json.dumps(body).encode()
        head = f"POST {path} HTTP/1.1\r\nhost: x\r\nx-api-key: {key}\r\ncontent-length: {len(raw)}\r\n"
        answer = self.sent(head.encode() + b"connection: close\r\n\r\n" + raw)
        return int(answer.split()[1]), json.loads(answer.partition(b"\r\n\r\n")[2])

    def lines(self) -> list[dict[str, object]]:
        """The log so far."""
        return [json.loads(line) for line in self.log.read_text(encoding="utf-8").splitlines()]


def everything(connection: socket.socket) -> bytes:
    """What comes until the other side closes."""
    pieces = []
    try:
        while piece := connection.recv(65_536):
            pieces.append(piece)
    except ConnectionResetError:
        pass
    return b"".join(pieces)


@contextmanager
def live(state: Path, settings: str = SETTINGS, port: int = 0) -> Iterator[Live]:
    """Serves a state folder until the block ends, on a free port if none is named."""
    file, log = state / "settings.toml", state / "serve.log"
    file.write_text(settings, encoding="utf-8")
    words = ["serve", "--state", str(state), "--port", str(port), "--settings", str(file)]
    with log.open("wb") as lines:
        process = subprocess.Popen([sys.executable, "-m", "stillwatch", *words], stderr=lines)
    try:
        yield Live(process, _port(process, log), log)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def _port(process: subprocess.Popen[bytes], log: Path) -> int:
    while process.poll() is None:
        for line in log.read_text(encoding="utf-8").splitlines():
            found = json.loads(line)
            if found["event"] == "serving":
                with socket.create_connection(("127.0.0.1", found["port"]), 30):
                    return int(found["port"])
    raise AssertionError(log.read_text(encoding="utf-8"))
