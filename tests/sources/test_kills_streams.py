"""A watch of a stream that is killed at random, and whose broker is, loses no record and takes none twice."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sources.brokers import Stream, Topic, kafka_broker, nats_server, records, running
from tests.sources.committer import Committer
from tests.sources.kills import NOTHING_WRONG, kill_often, once_each
from tests.sources.written import names

KILLS = 100


@pytest.fixture
def topic(tmp_path: Path) -> Iterator[Topic]:
    with running(kafka_broker(tmp_path)) as broker:
        made = Topic(f"127.0.0.1:{broker.port}", partitions=3)
        made.make()
        yield made


def test_of_nats(tmp_path: Path, watch: Committer) -> None:
    """The server is killed too, each tenth time."""
    server = nats_server(tmp_path)
    with running(server):
        stream = Stream(server.port)
        stream.make()

        def more(number: int) -> None:
            if number % 10 == 9:
                server.kill()
                server.start()
            stream.write(records(number * 30, number * 30 + 30))

        kill_often(stream.address, watch.state, KILLS, more, seed=3)
        watch.wait_for(watch.opened(stream.address), KILLS * 30, seconds=5)
    assert once_each(watch.ids(), names(0, KILLS * 30)) == NOTHING_WRONG


def test_of_kafka(topic: Topic, watch: Committer) -> None:
    def more(number: int) -> None:
        topic.write(records(number * 30, number * 30 + 30), number % 3)

    kill_often(topic.address, watch.state, KILLS, more, seed=2)
    watch.wait_for(watch.opened(topic.address), KILLS * 30, seconds=5)
    assert once_each(watch.ids(), names(0, KILLS * 30)) == NOTHING_WRONG


def test_of_a_broker_of_kafka_that_is_killed_and_filled_again(tmp_path: Path, watch: Committer) -> None:
    """The broker keeps nothing, so whoever writes writes all again; an offset stands for the same record each time."""
    broker = kafka_broker(tmp_path)
    source = None
    for number in range(12):
        with running(broker):
            topic = Topic(f"127.0.0.1:{broker.port}")
            topic.make()
            source = source or watch.opened(topic.address)
            topic.write(records(0, (number + 1) * 50))
            watch.wait_for(source, 50, seconds=20)
    assert once_each(watch.ids(), names(0, 12 * 50)) == NOTHING_WRONG
