"""A stream is read from our own sequence number, and what a server lost, removed or gives again is told of."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from stillwatch.errors import InputError, OutputError, UsageError
from stillwatch.sources import parse
from stillwatch.sources.nats import NatsSource
from stillwatch.sources.spool import Records
from tests.sources.brokers import Program, Stream, free_port, nats_server, records, running
from tests.sources.committer import Committer, full_disk
from tests.sources.written import names

pytest.importorskip("nats", reason="`nats-py` is not installed")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Program]:
    with running(nats_server(tmp_path)) as program:
        yield program


@pytest.fixture
def stream(server: Program) -> Stream:
    made = Stream(server.port)
    made.make()
    return made


def test_every_message_is_given_once(stream: Stream, watch: Committer) -> None:
    stream.write(records(0, 100))
    source = watch.opened(stream.address)
    assert watch.drain(source, most_bytes=1000) == names(0, 100)
    assert source.poll(watch.offset, 1000, 0) is None
    stream.write(records(100, 110))
    assert watch.wait_for(source, 10) == names(100, 110)
    source.close()


def test_a_start_goes_on(stream: Stream, watch: Committer) -> None:
    stream.write(records(0, 10))
    watch.drain(watch.opened(stream.address))
    stream.write(records(10, 20))
    assert watch.drain(watch.opened(stream.address)) == names(10, 20)
    assert watch.offset is not None
    assert watch.offset["sequence"] == 20


def test_an_uncommitted_batch_comes_again(stream: Stream, watch: Committer) -> None:
    stream.write(records(0, 10))
    source = watch.opened(stream.address)
    first, again = source.poll(None, 200, 0), source.poll(None, 200, 0)
    assert first is not None
    assert again is not None
    assert (first.counts, first.offset) == (again.counts, again.offset)
    assert watch.drain(source) == names(0, 10)


def test_a_server_that_is_killed_is_waited_for(server: Program, stream: Stream, watch: Committer) -> None:
    stream.write(records(0, 10))
    source = watch.opened(stream.address)
    assert watch.drain(source) == names(0, 10)
    server.kill()
    server.start()
    stream.write(records(10, 20))
    assert watch.wait_for(source, 10) == names(10, 20)
    assert watch.ids().most_common(1)[0][1] == 1


def test_a_server_that_is_away_is_told_of(watch: Committer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stillwatch.sources.nats._PATIENCE", 0.5)
    monkeypatch.setattr("stillwatch.sources.pulling.ASKING", 0.5)
    assert watch.once(watch.opened(f"nats://127.0.0.1:{free_port()}/EXCHANGES")) == []
    assert "cannot be read" in watch.troubles[0]


def test_removed_messages_are_lost(stream: Stream, watch: Committer) -> None:
    stream.write(records(0, 10))
    source = watch.opened(stream.address)
    watch.drain(source)
    stream.write(records(10, 30))
    stream.purge(before=21)
    assert watch.drain(watch.opened(stream.address)) == names(20, 30)
    assert watch.counts.lost == 10
    assert watch.troubles == [f"`{stream.address}`: 10 messages were removed before they were read"]


def test_messages_that_were_removed_before_the_first_start_are_not(stream: Stream, watch: Committer) -> None:
    stream.write(records(0, 10))
    stream.purge(before=6)
    assert watch.drain(watch.opened(stream.address)) == names(5, 10)
    assert watch.counts.lost == 0


def test_a_stream_that_is_made_anew_gives_nothing_twice(stream: Stream, watch: Committer) -> None:
    stream.write(records(0, 20))
    source = watch.opened(stream.address)
    watch.drain(source)
    stream.remove()
    stream.make()
    stream.write(records(0, 25))
    assert watch.wait_for(source, 5) == names(20, 25)
    assert any("was made anew; what it has up to 20 is passed over" in trouble for trouble in watch.troubles)
    again = Committer(watch.state.parent / "again")
    assert again.drain(again.opened(f"{stream.address}?as=second")) == names(0, 25)


def test_a_stream_that_does_not_keep_its_messages_is_refused(server: Program, watch: Committer) -> None:
    stream = Stream(server.port)
    stream.make(retention="interest")
    with pytest.raises(UsageError, match="name a stream of retention `limits`"):
        watch.once(watch.opened(stream.address))


def test_a_full_disk_loses_nothing(stream: Stream, watch: Committer, monkeypatch: pytest.MonkeyPatch) -> None:
    stream.write(records(0, 10))
    source = watch.opened(stream.address)
    with monkeypatch.context() as patched, pytest.raises(OutputError, match="free space"):
        patched.setattr(Records, "files", full_disk)
        watch.once(source)
    assert watch.drain(source) == names(0, 10)


def test_large_messages_come_though_the_batch_is_small(stream: Stream, watch: Committer) -> None:
    large = b'{"id": "large", "text": "%s"}' % (b"x" * 900_000)
    stream.write([large, b'{"id": "1"}', b"", large])
    assert watch.drain(watch.opened(stream.address), most_bytes=10) == ["large", "1", "large"]


def test_a_gap_in_what_the_server_gives_is_asked_for_anew(
    stream: Stream, watch: Committer, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream.write(records(0, 10))
    source = watch.opened(stream.address)
    assert isinstance(source, NatsSource)
    take, dropped = source._pulling._take, []

    def drop_one(message: object, found: object) -> bool:
        if len(dropped) < 4:
            dropped.append(message)
            if len(dropped) == 4:
                return False  # as if the connection had lost it
        return take(message, found)  # type: ignore[arg-type]

    monkeypatch.setattr(source._pulling, "_take", drop_one)
    assert watch.wait_for(source, 10) == names(0, 10)
    assert len(dropped) == 4


@pytest.mark.parametrize("offset", [{"sequence": "1"}, {"sequence": -1, "created": ""}, {"created": ""}])
def test_a_damaged_offset_is_refused(offset: dict[str, object], tmp_path: Path) -> None:
    source = NatsSource(parse([f"nats://127.0.0.1:{free_port()}/S"])[0], tmp_path)
    with pytest.raises(InputError, match="it names no sequence number"):
        source.poll(offset, 100, 0)
    source.close()


def test_closing_leaves_no_thread(stream: Stream, watch: Committer) -> None:
    source = watch.opened(stream.address)
    assert isinstance(source, NatsSource)
    watch.drain(source)
    source.close()
    assert not source._pulling._thread.is_alive()
