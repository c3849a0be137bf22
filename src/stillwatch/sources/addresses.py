"""What a person typed as sources of `watch` becomes addresses; every mistake is told at once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from stillwatch.errors import Mistake, UsageError, reason_of

Kind = Literal["folder", "kafka", "nats", "otlp"]

_PORTS = {"kafka": 9092, "nats": 4222, "otlp": 4318}
_PLACES = {
    "kafka": ("topic", re.compile(r"[A-Za-z0-9._-]{1,249}"), "kafka://host:9092/topic"),
    "nats": ("stream", re.compile(r"[^\s.*>/\\\x00-\x1f]{1,255}"), "nats://host:4222/stream"),
    "otlp": ("", re.compile(""), "otlp://127.0.0.1:4318"),
}
_OPTIONS = {"kafka": ("as", "config", "partitions", "worker"), "nats": ("as", "credentials"), "otlp": ("listen",)}
_EXAMPLES = {"listen": "listen=no", "as": "as=second", "worker": "worker=1/4", "partitions": "partitions=0,2,4-7"}
_LABEL = re.compile(r"[A-Za-z0-9._-]{1,40}")
_FILES = ("config", "credentials")
_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::([0-9]{1,5}))?")


@dataclass(frozen=True, slots=True)
class Partitions:
    """Which partitions of a topic a watch reads: those listed, or each `workers`-th from `worker` on, or all."""

    listed: frozenset[int] | None = None
    worker: int = 0  # from 0
    workers: int = 1

    def __contains__(self, number: int) -> bool:
        if self.listed is not None:
            return number in self.listed
        return number % self.workers == self.worker


@dataclass(frozen=True, slots=True)
class Address:
    """One source as it was typed.

    `name` is the address without secrets, and with the label of the option `as`, under which a source begins anew.
    """

    kind: Kind
    name: str
    servers: tuple[str, ...] = ()  # host:port
    place: str = ""  # a folder, topic or stream
    user: str = ""
    secret: str = field(default="", repr=False)
    partitions: Partitions = Partitions()
    file: Path | None = None  # further settings of a client, or its credentials
    listens: bool = True  # whether a receiver is opened here; else another program fills its inbox


def parse(words: Sequence[str]) -> tuple[Address, ...]:
    """Returns the addresses that these words name; raises UsageError with every mistake at once."""
    mistakes: list[Mistake] = []
    found: dict[str, Address] = {}
    if not words:
        mistakes.append(Mistake("`watch`", "names no source", "name a folder, or `kafka://host:9092/topic`"))
    for word in words:
        address = _address(word, mistakes)
        if address is None:
            continue
        if address.name in found:
            mistakes.append(Mistake(f"`{address.name}`", "is named twice", "name it once"))
        found[address.name] = address
    mistakes.extend(_nested([one for one in found.values() if one.kind == "folder"]))
    if mistakes:
        raise UsageError(mistakes)
    return tuple(found.values())


def _nested(folders: Sequence[Address]) -> Iterator[Mistake]:
    """Yields folders inside other ones, whose files would be taken twice."""
    for one in folders:
        for other in folders:
            if one is not other and Path(one.place).is_relative_to(other.place):
                yield Mistake(f"`{one.place}`", f"lies inside `{other.place}`, which is read too", "leave it out")


def _address(word: str, mistakes: list[Mistake]) -> Address | None:
    scheme, separator, _ = word.partition("://")
    if not separator:
        return _folder(word, mistakes)
    if scheme not in _PORTS:
        known = "`kafka://`, `nats://` or `otlp://`"
        mistakes.append(Mistake(f"`{scheme[:20]}://`", "is no known kind of source", f"use a folder, {known}"))
        return None
    try:
        parts = urlsplit(word)
    except ValueError:
        mistakes.append(Mistake(f"`{scheme}://…`", "is no address", f"write it like `{_PLACES[scheme][2]}`"))
        return None
    return _remote(parts, mistakes)


def _folder(word: str, mistakes: list[Mistake]) -> Address | None:
    where = f"`{word}`"
    path = Path(word)
    try:
        if not path.exists():
            mistakes.append(Mistake(where, "does not exist", "make the folder or name another"))
        elif not path.is_dir():
            mistakes.append(Mistake(where, "is no folder", "name the folder in which logs appear"))
        else:
            resolved = str(path.resolve())
            return Address("folder", resolved, place=resolved)
    except (OSError, ValueError, RuntimeError) as error:
        reason = reason_of(error)
        mistakes.append(Mistake(repr(word)[:100], f"cannot be looked at ({reason})", "name another folder"))
    return None


def _remote(parts: SplitResult, mistakes: list[Mistake]) -> Address | None:
    before = len(mistakes)
    kind = parts.scheme
    before_hosts, _, hosts = parts.netloc.rpartition("@")
    user, _, secret = before_hosts.partition(":")
    shown = f"{kind}://{hosts}{parts.path}"
    mistakes.extend(_wrong(parts, hosts, shown))
    options = _options(parts, shown, mistakes)
    if len(mistakes) > before:
        return None
    servers = tuple(_server(host, _PORTS[kind]) for host in hosts.split(","))
    place = parts.path.strip("/")
    name = f"{kind}://{','.join(servers)}" + (f"/{place}" if place else "")
    name += f"#{options.label}" if options.label else ""
    login = unquote(user), unquote(secret)
    return Address(kind, name, servers, place, *login, options.partitions, options.file, options.listens)  # type: ignore[arg-type]


def _wrong(parts: SplitResult, hosts: str, shown: str) -> Iterator[Mistake]:
    """Yields what is wrong with the servers and with the place on them."""
    what, pattern, example = _PLACES[parts.scheme]
    for host in hosts.split(","):
        found = _HOST.fullmatch(host)
        if found is None or not 0 <= int(found[2] or 1) <= 65_535:
            yield Mistake(f"`{shown}`", f"`{host}` is no `host:port`", f"write it like `{example}`")
    place = parts.path.strip("/")
    if what and not place:
        yield Mistake(f"`{shown}`", f"names no {what}", f"write it like `{example}`")
    elif not pattern.fullmatch(place):
        yield Mistake(f"`{shown}`", f"`{place}` is no {what or 'part of it'}", f"write it like `{example}`")
    if parts.scheme == "otlp" and ("," in hosts or "@" in parts.netloc):
        yield Mistake(f"`{shown}`", "is where this program listens: one address, no login", f"write `{example}`")
    if parts.fragment:
        yield Mistake(f"`{shown}`", "has a `#`", "leave it and what follows out")


@dataclass(slots=True)
class _Options:
    """What stands behind the `?` of an address."""

    partitions: Partitions = Partitions()
    file: Path | None = None
    label: str = ""
    listens: bool = True


def _options(parts: SplitResult, shown: str, mistakes: list[Mistake]) -> _Options:
    found = _Options()
    for name, value in parse_qsl(parts.query, keep_blank_values=True):
        known = _OPTIONS[parts.scheme]
        if name not in known:
            listed = ", ".join(f"`{one}`" for one in known) or "none"
            mistakes.append(Mistake(f"`{shown}`", f"has no option `{name}`", f"known options: {listed}"))
        elif name in _FILES:
            found.file = Path(value)
            if not found.file.is_file():
                mistakes.append(Mistake(f"`{shown}`", f"`{name}={value}` is no file", "name a file that exists"))
        elif (name, value) in (("listen", "yes"), ("listen", "no")):
            found.listens = value == "yes"
        elif name == "as" and _LABEL.fullmatch(value):
            found.label = value
        else:
            read = {"worker": _worker, "partitions": _listed}.get(name, lambda _: None)(value)
            found.partitions = read or found.partitions
            if read is None:
                how = f"write it like `{_EXAMPLES[name]}`"
                mistakes.append(Mistake(f"`{shown}`", f"`{name}={value}` cannot be read", how))
    return found


def _worker(value: str) -> Partitions | None:
    found = re.fullmatch(r"([0-9]{1,5})/([0-9]{1,5})", value)
    if found is None or not 1 <= int(found[1]) <= int(found[2]):
        return None
    return Partitions(worker=int(found[1]) - 1, workers=int(found[2]))


def _listed(value: str) -> Partitions | None:
    numbers: set[int] = set()
    for part in value.split(","):
        found = re.fullmatch(r"([0-9]{1,5})(?:-([0-9]{1,5}))?", part)
        if found is None or int(found[2] or found[1]) < int(found[1]):
            return None
        numbers.update(range(int(found[1]), int(found[2] or found[1]) + 1))
    return Partitions(frozenset(numbers))


def _server(host: str, port: int) -> str:
    found = _HOST.fullmatch(host)
    assert found is not None
    return f"{found[1].lower()}:{found[2] or port}"
