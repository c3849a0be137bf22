"""A topic is read from our own offsets, partition by partition, and what a broker lost or gives again is told of."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from stillwatch.errors import InputError, OutputError, UsageError
from stillwatch.sources import parse
from stillwatch.sources.kafka import KafkaSource, settings_of
from stillwatch.sources.spool import Records
from tests.sources.brokers import Topic, free_port, kafka_broker, records, running
from tests.sources.committer import Committer, full_disk
from tests.sources.written import names

pytest.importorskip("confluent_kafka", reason="`confluent-kafka` is not installed")


@pytest.fixture
def topic(tmp_path: Path) -> Iterator[Topic]:
    with running(kafka_broker(tmp_path)) as broker:
        made = Topic(f"127.0.0.1:{broker.port}")
        made.make()
        yield made


@pytest.fixture
def mock() -> Iterator[Topic]:
    """A topic of the cluster that the client library itself plays, of four partitions."""
    from confluent_kafka import Producer

    cluster = Producer({"test.mock.num.brokers": 3, "log_level": 0})
    broker = next(iter(cluster.list_topics(timeout=10).brokers.values()))
    made = Topic(f"{broker.host}:{broker.port}")
    made.write(records(0, 10), 0)  # which makes it
    yield made
    del cluster


class TestARealBroker:
    def test_gives_every_record_once(self, topic: Topic, watch: Committer) -> None:
        topic.write(records(0, 100))
        source = watch.opened(topic.address)
        assert watch.drain(source, most_bytes=1000) == names(0, 100)
        topic.write(records(100, 110))
        assert watch.drain(source, wait=0.5) == names(100, 110)
        source.close()

    def test_is_gone_on_with_after_a_start(self, topic: Topic, watch: Committer) -> None:
        topic.write(records(0, 10))
        watch.drain(watch.opened(topic.address))
        topic.write(records(10, 20))
        assert watch.drain(watch.opened(topic.address)) == names(10, 20)
        assert watch.offset == {"partitions": {"0": 20}}

    def test_gives_an_uncommitted_batch_again(self, topic: Topic, watch: Committer) -> None:
        topic.write(records(0, 10))
        source = watch.opened(topic.address)
        first = source.poll(None, 200, 0)
        again = source.poll(None, 200, 0)
        assert first is not None
        assert again is not None
        assert (first.counts, first.offset) == (again.counts, again.offset)
        assert watch.drain(source) == names(0, 10)

    def test_that_gives_everything_again(self, tmp_path: Path, watch: Committer) -> None:
        broker = kafka_broker(tmp_path)
        with running(broker):
            topic = Topic(f"127.0.0.1:{broker.port}")
            topic.make()
            topic.write(records(0, 20))
            source = watch.opened(topic.address)
            assert watch.drain(source) == names(0, 20)
        with running(broker):  # which kept nothing
            topic.make()
            topic.write(records(0, 10))
            assert watch.drain(source, wait=1) == []
            assert re.search(r"partition 0 ends at \d+, but was taken to 20", " ".join(watch.troubles))
            topic.write(records(10, 25))
            assert watch.wait_for(source, 5) == names(20, 25)
            source.close()

    def test_that_vanishes_is_told_of_and_waited_for(
        self, tmp_path: Path, watch: Committer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("stillwatch.sources.kafka._PATIENCE", 1)
        monkeypatch.setattr("stillwatch.sources.kafka._ASKING", 1)
        broker = kafka_broker(tmp_path)
        source = watch.opened(f"kafka://127.0.0.1:{broker.port}/exchanges")
        assert watch.once(source) == []
        assert "cannot be asked" in watch.troubles[0]
        with running(broker):
            topic = Topic(f"127.0.0.1:{broker.port}")
            topic.make()
            topic.write(records(0, 5))
            assert watch.wait_for(source, 5) == names(0, 5)
        source.close()


class TestAClusterOfSeveral:
    def test_gives_every_partition(self, mock: Topic, watch: Committer) -> None:
        mock.write(records(10, 30), 1)
        assert sorted(watch.drain(watch.opened(mock.address)), key=int) == names(0, 30)
        assert watch.offset == {"partitions": {"0": 10, "1": 20, "2": 0, "3": 0}}

    def test_is_shared_by_workers(self, mock: Topic, tmp_path: Path) -> None:
        mock.write(records(10, 30), 1)
        found = []
        for worker in (1, 2):
            one = Committer(tmp_path / f"worker-{worker}")
            found.append(one.drain(one.opened(f"{mock.address}?worker={worker}/2")))
        assert found == [names(0, 10), names(10, 30)]

    def test_loses_nothing_on_a_full_disk(self, mock: Topic, watch: Committer, monkeypatch: pytest.MonkeyPatch) -> None:
        source = watch.opened(mock.address)
        with monkeypatch.context() as patched, pytest.raises(OutputError, match="free space"):
            patched.setattr(Records, "files", full_disk)
            watch.once(source)
        assert watch.wait_for(source, 10) == names(0, 10)

    def test_passes_over_records_without_a_value(self, mock: Topic, watch: Committer) -> None:
        mock.write([b'{"id": 1}', None, b"", b'{"id": 2}'])
        assert watch.drain(watch.opened(mock.address))[-2:] == ["1", "2"]
        assert watch.offset == {"partitions": {"0": 14, "1": 0, "2": 0, "3": 0}}


class TestWhereAPartitionBegins:
    @pytest.fixture
    def source(self, tmp_path: Path) -> KafkaSource:
        found = watch_of(tmp_path, "kafka://127.0.0.1:1/exchanges")
        found._next = {0: 50}
        return found

    def test_what_retention_removed_is_lost(self, source: KafkaSource) -> None:
        assert source._start(0, 70, 90) == (70, 20)
        assert [str(one.what) for one in source._told.new()] == [
            "20 records of partition 0 were removed before they were read"
        ]
        assert source._next == {0: 70}

    def test_a_new_partition_begins_with_all_that_is_there(self, source: KafkaSource) -> None:
        assert source._start(1, 70, 90) == (70, 0)
        assert source._told.new() == ()

    def test_a_known_one_where_it_was_taken_to(self, source: KafkaSource) -> None:
        assert source._start(0, 10, 50) == (50, 0)
        assert source._told.new() == ()


@pytest.mark.parametrize("offset", [{}, {"partitions": 3}, {"partitions": {"0": "x"}}, {"partitions": {"0": -1}}])
def test_a_damaged_offset_is_refused(offset: dict[str, object], tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be used: it names no partitions"):
        watch_of(tmp_path, "kafka://127.0.0.1:1/exchanges").poll(offset, 100, 0)


def watch_of(folder: Path, address: str) -> KafkaSource:
    return KafkaSource(parse([address])[0], folder)


class TestSettings:
    def test_of_a_file(self, tmp_path: Path) -> None:
        (tmp_path / "kafka.properties").write_text("# ours\nssl.ca.location = /ca.pem\n\n")
        [address] = parse([f"kafka://anna:hush@host/topic?config={tmp_path}/kafka.properties"])
        found = settings_of(address)
        assert found["ssl.ca.location"] == "/ca.pem"
        assert (found["security.protocol"], found["sasl.password"]) == ("SASL_SSL", "hush")
        assert (found["enable.auto.commit"], found["auto.offset.reset"]) == (False, "error")

    def test_that_are_not_the_operators_are_refused(self, tmp_path: Path) -> None:
        (tmp_path / "kafka.properties").write_text("group.id = x\nnonsense\n")
        [address] = parse([f"kafka://host/topic?config={tmp_path}/kafka.properties"])
        with pytest.raises(UsageError) as raised:
            settings_of(address)
        assert [mistake.what for mistake in raised.value.mistakes] == [
            "sets `group.id`, which Stillwatch sets",
            "has a line without `=`",
        ]

    def test_that_the_client_does_not_know(self, tmp_path: Path) -> None:
        (tmp_path / "kafka.properties").write_text("no.such.setting = 1\n")
        with pytest.raises(UsageError, match="No such configuration property"):
            watch_of(tmp_path, f"kafka://host:{free_port()}/topic?config={tmp_path}/kafka.properties")
