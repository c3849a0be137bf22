"""Starts the real programs: free ports, processes that end with the test, and servers that fail on purpose."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
EXAMPLES = ROOT / "examples" / "gateways"
LITELLM = Path(os.environ.get("STILLWATCH_LITELLM", ROOT / "build" / "litellm"))
"""LiteLLM's own environment, which `make litellm` makes: it needs other versions of much than ours."""
PATIENCE = 180.0  # seconds until a program listens; LiteLLM alone needs 30 of processor time


def free_port() -> int:
    """A port that was free just now."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


@contextmanager
def running(
    words: Sequence[str], port: int, log: Path, environment: dict[str, str] | None = None, folder: Path | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A program that listens on a port, until the block ends."""
    with log.open("wb") as lines:
        process = subprocess.Popen(
            words, stdout=lines, stderr=lines, env={**os.environ, **(environment or {})}, cwd=folder
        )
    try:
        wait_for(port, process, log)
        yield process
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    """Returns once the program listens; fails with its own words if it ends before."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise AssertionError(log.read_text(encoding="utf-8", errors="replace")[-4_000:])


@contextmanager
def model_server(folder: Path) -> Iterator[int]:
    """The stand-in model; yields its port."""
    port = free_port()
    words = [sys.executable, "-m", "tests.serve.gateways.model_server", str(port)]
    with running(words, port, folder / "model.log", folder=ROOT):
        yield port


FAULTY = """
import socket, sys, threading
def answer(connection):
    how = sys.argv[2]
    connection.recv(65536)
    if how == "hangs":
        threading.Event().wait()
    body = b"Internal Server Error" if how == "500" else b"no json"
    status = b"500 Internal Server Error" if how == "500" else b"200 OK"
    head = b"\\r\\ncontent-length: %d\\r\\nconnection: close\\r\\n\\r\\n" % len(body)
    connection.sendall(b"HTTP/1.1 " + status + head + body)
    connection.close()
with socket.create_server(("127.0.0.1", int(sys.argv[1]))) as server:
    while True:
        threading.Thread(target=answer, args=(server.accept()[0],), daemon=True).start()
"""


@contextmanager
def faulty(how: str, port: int, folder: Path) -> Iterator[None]:
    """A server in our place that `hangs`, answers `500`, or answers `200` with `rubbish`."""
    with running([sys.executable, "-c", FAULTY, str(port), how], port, folder / "faulty.log"):
        yield


def found(program: str) -> str | None:
    """Where a program is installed, in this environment or on the machine."""
    beside = Path(sys.executable).parent / program
    return str(beside) if beside.is_file() else shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin")
