"""Sources are named by folders and addresses; every mistake is told at once, and no secret is ever shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from stillwatch.errors import UsageError
from stillwatch.sources import Partitions, opened, parse


def mistakes(*words: str) -> list[str]:
    with pytest.raises(UsageError) as raised:
        parse(words)
    return [str(mistake) for mistake in raised.value.mistakes]


def test_a_folder_is_named_by_its_real_path(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "logs")
    [found] = parse([str(tmp_path / "link")])
    assert (found.kind, found.name) == ("folder", str((tmp_path / "logs").resolve()))


def test_a_topic() -> None:
    [found] = parse(["kafka://One:9092,two/exchanges.v1"])
    assert (found.kind, found.servers, found.place) == ("kafka", ("one:9092", "two:9092"), "exchanges.v1")
    assert found.name == "kafka://one:9092,two:9092/exchanges.v1"


def test_a_stream() -> None:
    [found] = parse(["nats://[::1]:4333/EXCHANGES"])
    assert (found.kind, found.servers, found.place) == ("nats", ("[::1]:4333",), "EXCHANGES")


def test_a_label_begins_anew() -> None:
    assert [found.name for found in parse(["nats://h/S", "nats://h/S?as=2"])] == [
        "nats://h:4222/S",
        "nats://h:4222/S#2",
    ]


def test_a_receiver() -> None:
    [found] = parse(["otlp://127.0.0.1"])
    assert (found.kind, found.name, found.servers) == ("otlp", "otlp://127.0.0.1:4318", ("127.0.0.1:4318",))


def test_secrets_are_in_no_name() -> None:
    [found] = parse(["nats://anna:a%40b@host/EXCHANGES"])
    assert (found.user, found.secret) == ("anna", "a@b")
    assert found.name == "nats://host:4222/EXCHANGES"
    assert "a@b" not in repr(found)
    assert "hush" not in "".join(mistakes("kafka://anna:hush@host/a?b=c", "kafka://anna:hush@host"))


@pytest.mark.parametrize(
    ("options", "numbers"),
    [
        ("", [0, 1, 2, 3, 4, 5, 6, 7]),
        ("?partitions=1,4-6", [1, 4, 5, 6]),
        ("?worker=1/3", [0, 3, 6]),
        ("?worker=3/3", [2, 5]),
    ],
)
def test_partitions_are_shared_out(options: str, numbers: list[int]) -> None:
    [found] = parse([f"kafka://host/topic{options}"])
    assert [number for number in range(8) if number in found.partitions] == numbers
    assert found.name == "kafka://host:9092/topic"


def test_workers_have_every_partition_once() -> None:
    shares = [Partitions(worker=worker, workers=3) for worker in range(3)]
    assert all(sum(number in share for share in shares) == 1 for number in range(100))


@pytest.mark.parametrize(
    ("word", "what"),
    [
        ("ftp://host/x", "is no known kind of source; use a folder"),
        ("kafka://host", "names no topic; write it like `kafka://host:9092/topic`"),
        ("kafka://host/a/b", "`a/b` is no topic"),
        ("kafka://host:99999/a", "`host:99999` is no `host:port`"),
        ("kafka:///a", "`` is no `host:port`"),
        ("kafka://host/a?group=b", "has no option `group`; known options: `as`, `config`, `partitions`, `worker`"),
        ("kafka://host/a?worker=4/3", "`worker=4/3` cannot be read; write it like `worker=1/4`"),
        ("kafka://host/a?partitions=3-1", "cannot be read; write it like `partitions=0,2,4-7`"),
        ("kafka://host/a?as=a b", "`as=a b` cannot be read; write it like `as=second`"),
        ("kafka://host/a?config=/no/such", "`config=/no/such` is no file"),
        ("kafka://[::1/a", "is no address"),
        ("nats://host/a.b", "`a.b` is no stream"),
        ("otlp://host:1/v1", "`v1` is no part of it"),
        ("otlp://host:1?listen=maybe", "`listen=maybe` cannot be read; write it like `listen=no`"),
        ("otlp://key@host:1", "one address, no login"),
        ("/no/such/folder", "does not exist; make the folder or name another"),
        ("x" * 5000, "cannot be looked at"),
        (__file__, "is no folder"),
    ],
)
def test_a_mistake_says_what_and_how(word: str, what: str) -> None:
    [found] = mistakes(word)
    assert what in found


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    found = mistakes("kafka://host", "kafka://a:b:c/t?x=1&worker=0", str(tmp_path), str(tmp_path), "ftp://x")
    assert len(found) == 6
    assert mistakes() == ["`watch`: names no source; name a folder, or `kafka://host:9092/topic`"]


def test_a_folder_inside_another_is_refused(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    [found] = mistakes(str(tmp_path), str(tmp_path / "logs"))
    assert found.endswith("which is read too; leave it out")


def test_a_state_inside_the_folder_is_refused(tmp_path: Path) -> None:
    [address] = parse([str(tmp_path)])
    with pytest.raises(UsageError, match="lies inside the watched"):
        opened(address, tmp_path / "new" / "state")
