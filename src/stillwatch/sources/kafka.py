"""A topic of Kafka: records after our own offsets, partition by partition; nothing is committed at the broker."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from stillwatch.errors import Mistake, UsageError, reason_of
from stillwatch.sources.addresses import Address
from stillwatch.sources.interface import Batch, Counts, Offset, unusable
from stillwatch.sources.spool import Records, Spool
from stillwatch.sources.told import Told

if TYPE_CHECKING:
    from confluent_kafka import Consumer, KafkaError, Message, TopicPartition

_PATIENCE = 10.0  # seconds within which a broker must say that nothing more is there
_ASKING = 5.0  # seconds for one question
_AGAIN = 60.0  # seconds after which the partitions are asked for again: a topic may get more
_PAUSE = 1.0  # seconds between questions that fail
_SLICE = 0.05
_OWN = {
    "group.id": "stillwatch",
    "client.id": "stillwatch",
    "enable.auto.commit": False,
    "enable.auto.offset.store": False,
    "enable.partition.eof": True,
    "auto.offset.reset": "error",
    "allow.auto.create.topics": False,
}
"""What an operator's settings cannot change, since what is lost and repeated depends on it."""
_DEFAULTS = {
    "queued.max.messages.kbytes": 65_536,
    "queued.min.messages": 100_000,
    "fetch.queue.backoff.ms": 20,
    "fetch.max.bytes": 33_554_432,
    "max.partition.fetch.bytes": 4_194_304,
    "reconnect.backoff.max.ms": 5_000,
}


class KafkaSource:
    """The partitions of a topic that one watch reads."""

    def __init__(self, address: Address, own: Path) -> None:
        """Connects with the first poll; raises UsageError when the package is missing or a setting is wrong."""
        self._address = address
        self._spool = Spool(own / "batch")
        self._down = ""
        self._told = Told(address.name)
        self._consumer = _consumer(settings_of(address), address, self._failed)
        self._offset: Offset | None = None
        self._next: dict[int, int] = {}  # by partition, the first record that is not taken yet
        self._ended: set[int] = set()
        self._asked: float | None = None  # when the partitions were last asked for; None: they must be
        self._retry = 0.0  # before when they are not asked for again

    @property
    def name(self) -> str:
        """The servers and the topic."""
        return self._address.name

    def close(self) -> None:
        """Leaves the broker."""
        self._consumer.close()

    def poll(self, offset: Offset | None, most_bytes: int, wait_seconds: float) -> Batch | None:
        """Returns what came after the committed offset within `wait_seconds`; see `Source.poll`."""
        try:
            return self._poll(offset, most_bytes, wait_seconds)
        except BaseException:
            self._asked = None  # what it took without handing it out must be taken again
            raise

    def _poll(self, offset: Offset | None, most_bytes: int, wait_seconds: float) -> Batch | None:
        if offset != self._offset or self._asked is None:
            self._next = self._read(offset)
            self._retry = self._retry if offset == self._offset else 0.0
            self._offset, self._asked = offset, None
        self._spool.clear()
        began = time.monotonic()
        stale = self._asked is None or began - self._asked > _AGAIN
        lost = self._assign() if stale and began > self._retry else 0
        repeated = 0
        with self._spool.records() as records:
            silent = False
            while records.size < most_bytes and not (silent and self._may_end(began, wait_seconds, records)):
                message = self._consumer.poll(0.0 if self._caught_up and records.records else _SLICE)
                silent = message is None or message.error() is not None
                if message is not None:
                    repeated += self._take(message, records)
                if self._asked is None and time.monotonic() > self._retry:
                    lost += self._assign()
            if not self._caught_up and not records.records and not repeated:
                self._told.tell(self._down or "the broker does not answer; what is there is read when it does")
            return self._batch(records, repeated, lost)

    def _may_end(self, began: float, wait_seconds: float, records: Records) -> bool:
        """Whether a batch may end though it has room, when nothing came for a moment."""
        passed = time.monotonic() - began
        return passed >= wait_seconds and (self._caught_up or bool(records.records) or passed > _PATIENCE)

    @property
    def _caught_up(self) -> bool:
        return self._asked is not None and self._ended >= self._next.keys()

    def _batch(self, records: Records, repeated: int, lost: int) -> Batch | None:
        files = records.files()
        if records.too_large:
            self._told.tell(f"{records.too_large:,} records are too large to be read")
        troubles = self._told.new()
        if not files and not troubles and not repeated and not lost:
            return None
        self._offset = {"partitions": {str(number): at for number, at in sorted(self._next.items())}}
        counts = Counts(records.records, records.size, repeated, lost + records.too_large)
        return Batch(files, (self.name,) * len(files), self._offset, counts, troubles)

    def _read(self, offset: Offset | None) -> dict[int, int]:
        if offset is None:
            return {}
        found = offset.get("partitions")
        if not isinstance(found, dict) or not all(isinstance(at, int) and at >= 0 for at in found.values()):
            raise unusable(self.name, "it names no partitions")
        return {int(number): at for number, at in found.items()}

    def _assign(self) -> int:
        """Begins each partition where it was taken to; returns how many records are no longer there."""
        from confluent_kafka import KafkaException, TopicPartition

        topic, lost = self._address.place, 0
        self._retry = time.monotonic() + _PAUSE
        try:
            found = self._consumer.list_topics(topic, timeout=_ASKING).topics[topic]
            if found.error is not None:
                self._told.tell(f"the topic cannot be read: {found.error.str()}")
                return 0
            starts: list[TopicPartition] = []
            for number in sorted(number for number in found.partitions if number in self._address.partitions):
                if self._asked is not None and number in self._next:
                    continue
                partition = TopicPartition(topic, number)
                low, high = self._consumer.get_watermark_offsets(partition, timeout=_ASKING)
                start, gone = self._start(number, low, high)
                lost += gone
                starts.append(TopicPartition(topic, number, start))
        except KafkaException as error:
            self._told.tell(f"the broker cannot be asked: {error.args[0].str()}")
            return lost
        self._begin(starts)
        self._asked, self._down = time.monotonic(), ""
        return lost

    def _begin(self, starts: list[TopicPartition]) -> None:
        if self._asked is None:
            self._ended.clear()
            self._consumer.assign(starts)
        elif starts:
            self._consumer.incremental_assign(starts)

    def _start(self, number: int, low: int, high: int) -> tuple[int, int]:
        """Where to begin a partition of which these offsets are there, and how many records before it are lost."""
        at = self._next.setdefault(number, low)
        if at < low:
            self._next[number] = low
            self._told.tell(f"{low - at:,} records of partition {number} were removed before they were read")
            return low, low - at
        if at > high:
            # what a broker gives again under offsets that were taken is passed over, record by record
            self._told.tell(
                f"partition {number} ends at {high:,}, but was taken to {at:,}: the broker lost records, or the topic "
                "was made anew; up to there all is passed over (add `?as=NAME` to begin anew)"
            )
            return high, 0
        return at, 0

    def _take(self, message: Message, records: Records) -> int:
        """Writes one record; returns 1 for one that was taken before."""
        number, at, error = message.partition(), message.offset(), message.error()
        if error is not None or number is None or at is None:
            self._hear(error, number)
            return 0
        if self._asked is None:
            return 0  # it is from before the partitions were asked for anew, and comes again
        self._ended.discard(number)
        if at < self._next[number]:
            return 1
        self._next[number] = at + 1
        value = message.value()
        if value is not None:
            records.add(value if isinstance(value, bytes) else value.encode())
        return 0

    def _hear(self, error: KafkaError | None, number: int | None) -> None:
        """Hears that a partition ended, or that something is wrong with it."""
        from confluent_kafka import KafkaError

        if error is None or number is None:
            return
        if error.code() == KafkaError._PARTITION_EOF:
            self._ended.add(number)
            return
        if error.code() != KafkaError._AUTO_OFFSET_RESET:  # an offset that is not there: what is, is asked for anew
            self._told.tell(f"partition {number} cannot be read: {error.str()}")
        self._asked = None

    def _failed(self, error: KafkaError) -> None:
        """Hears of brokers that are away; the client goes on trying to reach them."""
        from confluent_kafka import KafkaError

        self._down = f"no broker can be reached ({error.str()}); what is there is read when one can"
        if error.code() == KafkaError._ALL_BROKERS_DOWN:
            self._ended.clear()
            self._asked = None  # asking anew also tells where each partition ends


def settings_of(address: Address) -> dict[str, object]:
    """Returns the client's settings: defaults, the login, and those of a file of `name=value` lines.

    Raises UsageError for a file that cannot be read or that sets what is not the operator's.
    """
    found: dict[str, object] = {**_DEFAULTS, "bootstrap.servers": ",".join(address.servers)}
    if address.user:
        found |= {"security.protocol": "SASL_SSL", "sasl.mechanism": "PLAIN"}
        found |= {"sasl.username": address.user, "sasl.password": address.secret}
    if address.file is not None:
        found |= _file(address.file)
    return found | _OWN


def _file(path: Path) -> Mapping[str, str]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            [Mistake(f"`{path}`", f"cannot be read ({reason_of(error)})", "name a file of settings")]
        ) from error
    pairs = [line.partition("=") for line in lines if line.strip() and not line.lstrip().startswith("#")]
    found = {name.strip(): value.strip() for name, _, value in pairs}
    mistakes = [
        Mistake(f"`{path}`", f"sets `{name}`, which Stillwatch sets", "leave that line out")
        for name in found.keys() & _OWN
    ]
    mistakes += [
        Mistake(f"`{path}`", "has a line without `=`", "write `name=value`") for _, sign, _ in pairs if not sign
    ]
    if mistakes:
        raise UsageError(mistakes)
    return found


def _consumer(settings: dict[str, object], address: Address, failed: Callable[[KafkaError], None]) -> Consumer:
    try:
        from confluent_kafka import Consumer, KafkaException
    except ImportError as error:
        raise UsageError(
            [Mistake(f"`{address.name}`", "needs `confluent-kafka`", "run `pip install 'stillwatch[kafka]'`")]
        ) from error
    silent = logging.getLogger("stillwatch.kafka")
    silent.addHandler(logging.NullHandler())
    silent.propagate = False
    try:
        return Consumer({**settings, "error_cb": failed}, logger=silent)
    except KafkaException as error:
        raise UsageError(
            [Mistake(f"`{address.name}`", f"cannot be read so: {error.args[0].str()}", "mend the file of `config=`")]
        ) from error
