"""A connection to NATS on a thread of its own, which pulls messages of a stream from a sequence number on."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Coroutine
from concurrent.futures import TimeoutError as NotInTimeError
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from stillwatch.errors import Mistake, UsageError, reason_of
from stillwatch.sources.addresses import Address

if TYPE_CHECKING:
    from nats.aio.client import Client
    from nats.aio.msg import Msg

ASKING = 5.0  # seconds for one question
_IDLE_SECONDS = 300.0  # after which a server forgets our consumer
_LIMITS = "name a stream of retention `limits`, which may have this one as its source"
_T = TypeVar("_T")


class AwayError(Exception):
    """The server cannot be reached, or does not have what it is asked for; the message is the reason."""


@dataclass(frozen=True, slots=True)
class Stand:
    """What a stream holds: its first and last sequence numbers, and when it was made."""

    first: int
    last: int
    created: str


@dataclass(slots=True)
class Pulled:
    """What one pull gave: sequence numbers with values, and whether nothing more is there."""

    messages: list[tuple[int, bytes]] = field(default_factory=list)
    ended: bool = False
    wrong: str = ""  # why it gave no more


class Pulling:
    """One connection, used by one thread; each question raises AwayError when it is not answered."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="stillwatch-nats", daemon=True)
        self._thread.start()
        self._client: Client | None = None
        self._consumer = ""
        self._delivered = 0  # what our consumer was given, by its own count

    def stand(self) -> Stand:
        """Connects if necessary, and returns what the stream holds."""
        return self._run(self._stand())

    def begin(self, sequence: int) -> None:
        """Begins to pull at this sequence number."""
        self._run(self._begin(sequence))

    def pull(self, most: int, most_bytes: int) -> Pulled:
        """Returns the next messages, at most so many, without waiting for more to come."""
        return self._run(self._pull(most, most_bytes))

    def close(self) -> None:
        """Disconnects and ends the thread."""
        try:
            if self._client is not None:
                self._run(self._client.close())
        except AwayError:
            pass
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(ASKING)

    def _run(self, question: Coroutine[Any, Any, _T]) -> _T:
        from nats.errors import Error

        future = asyncio.run_coroutine_threadsafe(question, self._loop)
        try:
            return future.result(2 * ASKING)
        except (TimeoutError, NotInTimeError) as error:
            future.cancel()
            raise AwayError("the server does not answer") from error
        except (Error, OSError, ValueError) as error:
            raise AwayError(reason_of(error)) from error

    async def _connected(self) -> Client:
        from nats.aio.client import Client

        if self._client is None:
            client, address = Client(), self._address
            await client.connect(
                servers=[f"nats://{server}" for server in address.servers],
                error_cb=_nothing,
                connect_timeout=int(ASKING),
                max_reconnect_attempts=-1,
                reconnect_time_wait=1,
                user=address.user or None,
                password=address.secret or None,
                user_credentials=None if address.file is None else str(address.file),
                allow_reconnect=True,
                name="stillwatch",
            )
            self._client = client
        if not self._client.is_connected:
            raise OSError("the server is away")
        return self._client

    async def _ask(self, subject: str, question: dict[str, object]) -> dict[str, Any]:
        client = await self._connected()
        answer = await client.request(f"$JS.API.{subject}", json.dumps(question).encode(), timeout=ASKING)
        found: dict[str, Any] = json.loads(answer.data)
        if "error" in found:
            raise OSError(found["error"].get("description", "it refused"))
        return found

    async def _stand(self) -> Stand:
        found = await self._ask(f"STREAM.INFO.{self._address.place}", {})
        if found["config"]["retention"] != "limits":
            # such a stream drops a message as soon as it was handed out, before anything was made of it
            raise UsageError([Mistake(f"`{self._address.name}`", "does not keep its messages", _LIMITS)])
        return Stand(found["state"]["first_seq"], found["state"]["last_seq"], str(found["created"]))

    async def _begin(self, sequence: int) -> None:
        config = {
            "deliver_policy": "by_start_sequence",
            "opt_start_seq": max(1, sequence),
            "ack_policy": "none",
            "replay_policy": "instant",
            "inactive_threshold": int(_IDLE_SECONDS * 1e9),
            "mem_storage": True,
            "num_replicas": 1,
        }
        stream = self._address.place
        found = await self._ask(f"CONSUMER.CREATE.{stream}", {"stream_name": stream, "config": config})
        self._consumer, self._delivered = str(found["name"]), 0

    async def _pull(self, most: int, most_bytes: int) -> Pulled:
        client = await self._connected()
        found, done = Pulled(), asyncio.Event()

        async def take(message: Msg) -> None:
            if not done.is_set() and (self._take(message, found) or len(found.messages) >= most):
                done.set()

        inbox = client.new_inbox()
        subscribed = await client.subscribe(inbox, cb=take)
        try:
            # the largest message that the server takes always fits
            size = max(most_bytes, client.max_payload + 65_536)
            question = {"batch": most, "max_bytes": size, "no_wait": True}
            subject = f"$JS.API.CONSUMER.MSG.NEXT.{self._address.place}.{self._consumer}"
            await client.publish(subject, json.dumps(question).encode(), reply=inbox)
            await asyncio.wait_for(done.wait(), ASKING)
        finally:
            await subscribed.unsubscribe()
        if found.wrong and not found.messages:
            raise AwayError(found.wrong)
        return found

    def _take(self, message: Msg, found: Pulled) -> bool:
        """Adds a message; returns whether the pull is over."""
        status = message.headers.get("Status") if message.headers else None
        if status is not None:
            found.ended = (
                status == "404"
            )  # no messages; other reasons are that no more fits, or that something is wrong
            found.wrong = "" if found.ended else str(message.headers and message.headers.get("Description"))
            return True
        sequence, delivered, pending = _numbers(message.reply)
        if delivered != self._delivered + 1:
            found.wrong = f"message {self._delivered + 1} did not arrive"
            return True
        self._delivered = delivered
        found.messages.append((sequence, message.data))
        found.ended = pending == 0
        return found.ended


def _numbers(reply: str) -> tuple[int, int, int]:
    """Returns a message's number in the stream and for the consumer, and how many are to come.

    They stand in its reply subject, `$JS.ACK.<stream>.<consumer>.<delivered>.<stream>.<consumer>.<time>.<pending>`, to
    which newer servers add a domain and an account in front, and a random token behind.
    """
    parts = reply.split(".")
    if len(parts) < 9:
        return 0, 0, 0  # it is no message of a stream, which looks like a gap
    if len(parts) == 9:
        return int(parts[5]), int(parts[6]), int(parts[8])
    return int(parts[7]), int(parts[8]), int(parts[10])


async def _nothing(_: Exception) -> None:
    """Hears of what a question then fails at."""
