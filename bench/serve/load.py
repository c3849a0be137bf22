"""An open-loop load generator, a process of its own: requests leave when they are due, whatever came back before.

A latency counts from the moment at which its request should have left, so that a slow answer also makes those wait
that are due meanwhile. Arrivals are Poisson, from a seed. It sends to two servers in turns, a block of seconds each.
"""

from __future__ import annotations

import json
import random
import selectors
import socket
import sys
import time
from collections import deque
from typing import Any


class Connection:
    """One kept-alive connection, with the moment at which the request under way was due."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)
        self.due = 0.0
        self.received = b""

    def answered(self) -> int | None:
        """Reads what came; returns the status of the answer once it is whole, and 0 for a lost connection."""
        try:
            piece = self.socket.recv(65_536)
        except BlockingIOError:
            return None
        except ConnectionError:
            return 0
        if not piece:
            return 0
        self.received += piece
        head, found, body = self.received.partition(b"\r\n\r\n")
        if not found or len(body) < int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0]):
            return None
        self.received = b""
        return int(head[9:12])


class Block:
    """Requests to one server at a rate, over 64 connections."""

    def __init__(self, port: int, requests: list[bytes], draw: random.Random) -> None:
        self.port, self.requests, self.draw = port, requests, draw
        self.latencies: list[float] = []  # ms
        self.failed = 0
        self._waiting = selectors.DefaultSelector()
        self._idle: deque[Connection] = deque()
        self._queue: deque[float] = deque()
        self._under_way = 0
        for _ in range(64):
            self._connect()

    def run(self, rate: float, seconds: float) -> None:
        """Sends for so many seconds, and waits for the last answers."""
        end = time.perf_counter() + seconds
        due = time.perf_counter() + self.draw.expovariate(rate)
        while due < end or self._queue or self._under_way:
            now = time.perf_counter()
            if now > end + 20:
                self.failed += len(self._queue) + self._under_way
                break
            while due <= now and due < end:
                self._queue.append(due)
                due += self.draw.expovariate(rate)
            self._send()
            self._receive()
            time.sleep(0.00005)  # so that a server on the same two cores has its share
        for key in list(self._waiting.get_map().values()):
            key.data.socket.close()

    def _connect(self) -> None:
        fresh = Connection(self.port)
        self._waiting.register(fresh.socket, selectors.EVENT_READ, fresh)
        self._idle.append(fresh)

    def _send(self) -> None:
        while self._queue and self._idle:
            one = self._idle.popleft()
            one.due = self._queue.popleft()
            one.socket.send(self.draw.choice(self.requests))
            self._under_way += 1

    def _receive(self) -> None:
        for key, _ in self._waiting.select(0):
            status = key.data.answered()
            if status is None:
                continue
            self._under_way -= 1
            if status == 200:
                self.latencies.append((time.perf_counter() - key.data.due) * 1_000)
                self._idle.append(key.data)
            else:
                self.failed += 1
                self._waiting.unregister(key.data.socket)
                self._connect()


def main(words: dict[str, Any]) -> None:
    """Sends in turns, and prints what was measured as JSON."""
    draw = random.Random(words["seed"])
    requests = {name: [one.encode() for one in words["requests"][name]] for name in words["requests"]}
    found: dict[str, dict[str, Any]] = {name: {"latencies": [], "failed": 0} for name in words["ports"]}
    for number in range(2 * words["blocks"] + 2):
        name = ("bare", "verdict")[number % 2]
        one = Block(words["ports"][name], requests[name], draw)
        one.run(words["rate"], words["block_seconds"])
        if number >= 2:  # the first of each is for warming up
            found[name]["latencies"] += one.latencies
        found[name]["failed"] += one.failed
    print(json.dumps(found))


if __name__ == "__main__":
    main(json.loads(sys.stdin.read()))
