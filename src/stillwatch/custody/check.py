"""Checks a sealed dossier offline: what is the same, what differs, and what could not be looked at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from stillwatch.custody import log as logs
from stillwatch.custody.lines import parsed
from stillwatch.custody.log import PAYLOAD
from stillwatch.custody.merkle import frontier, leaf_hash, root
from stillwatch.custody.seal import PREDICATE, STAMP, STATEMENT
from stillwatch.custody.signing import Trusted, opened
from stillwatch.errors import InputError

Outcome = Literal["same", "differs", "not checked"]


class _Part(BaseModel):
    """Anybody can sign anything with a key of their own: a statement is looked into once it has this form."""

    model_config = ConfigDict(strict=True)


def _is_time(text: str) -> str:
    if datetime.fromisoformat(text).tzinfo is None:
        raise ValueError("it names no time zone")
    return text


class _Digest(_Part):
    sha256: str


class _Subject(_Part):
    name: str
    digest: _Digest


class _Tree(_Part):
    size: int = Field(ge=0, lt=1 << 63)
    root: str


class _Before(_Tree):
    peaks: list[str]


class _Trees(_Part):
    before: _Before
    after: _Tree


class _Predicate(_Part):
    sealed_at: Annotated[str, AfterValidator(_is_time)]
    log: _Trees


class _Statement(_Part):
    subject: list[_Subject] = Field(min_length=1)
    predicate: _Predicate


@dataclass(frozen=True, slots=True)
class Finding:
    """What came of one part."""

    part: str
    outcome: Outcome
    said: str


@dataclass(slots=True)
class Checked:
    """Everything that was found, and what the statement says where its signature holds."""

    findings: list[Finding] = field(default_factory=list)
    statement: Mapping[str, Any] | None = None
    entries: tuple[Mapping[str, Any], ...] = ()  # those that are not withheld, where all are as they were signed
    stamp: bytes | None = None  # an authority's reply
    envelope: bytes = b""

    def add(self, part: str, same: bool, said: str) -> None:
        """Notes that a part is the same, or differs."""
        self.findings.append(Finding(part, "same" if same else "differs", said))

    def pass_over(self, part: str, said: str) -> None:
        """Notes that a part could not be looked at."""
        self.findings.append(Finding(part, "not checked", said))

    @property
    def differs(self) -> bool:
        """Whether anything is not as it was sealed."""
        return any(one.outcome == "differs" for one in self.findings)


def check(dossier: bytes, seal: bytes, trusted: Sequence[Trusted] = ()) -> Checked:
    """Compares a dossier with its seal; `trusted` are keys that the checker knows from elsewhere."""
    found = Checked()
    head, entries = _split(seal)
    if head is None:
        found.add("seal", False, "it is cut off, or no seal at all")
        return found
    found.envelope, public, stamp = head
    try:
        payload, key_id = opened(found.envelope, PAYLOAD, public)
        statement = parsed(payload)
        if (statement["_type"], statement["predicateType"]) != (STATEMENT, PREDICATE):
            raise ValueError("it is a statement of another kind")
        _Statement.model_validate(statement)
    except ValidationError as error:
        found.add("signature", False, f"what it signs is no statement of a seal ({error.error_count()} mistakes)")
        return found
    except (ValueError, KeyError, TypeError) as error:
        found.add("signature", False, f"{error}")
        return found
    found.statement = statement
    found.add("signature", True, f"ed25519 key {key_id[:16]}…")
    sealed_at = datetime.fromisoformat(statement["predicate"]["sealed_at"])
    _whose(found, key_id, sealed_at, trusted)
    _stamp(found, stamp, public)
    digest = statement["subject"][0]["digest"]["sha256"]
    found.add("dossier", sha256(dossier).hexdigest() == digest, f"sha256 {digest[:16]}…")
    _entries(found, entries, statement["predicate"]["log"])
    return found


def _split(seal: bytes) -> tuple[tuple[bytes, bytes, bytes] | None, list[bytes]]:
    lines = seal.split(b"\n")
    if len(lines) < 4 or lines.pop():
        return None, []
    return (lines[0], lines[1], lines[2]), lines[3:]


def _whose(found: Checked, key_id: str, sealed_at: datetime, trusted: Sequence[Trusted]) -> None:
    if not trusted:
        said = "no trusted key was named: anybody can seal with a key of their own"
        found.pass_over("signer", said)
        return
    one = next((one for one in trusted if one.key_id == key_id), None)
    if one is None:
        found.add("signer", False, "the key is none of those that you trust")
    elif one.valid_before is not None and sealed_at >= one.valid_before:
        found.add("signer", False, f"the key of {one.who} was withdrawn at {one.valid_before:%Y-%m-%d %H:%M} UTC")
    elif one.valid_after is not None and sealed_at < one.valid_after:
        found.add("signer", False, f"the key of {one.who} was not valid before {one.valid_after:%Y-%m-%d %H:%M} UTC")
    else:
        ends = "" if one.valid_before is None else " (withdrawn later: only a stamp shows that it is not back-dated)"
        found.add("signer", True, f"{one.who}, by its own word at {sealed_at:%Y-%m-%d %H:%M} UTC{ends}")


def _stamp(found: Checked, line: bytes, public: bytes) -> None:
    if line == b"null":
        found.pass_over("time stamp", "no authority has stamped it: its time is the signer's own word")
        return
    try:
        found.stamp, _ = opened(line, STAMP, public)
    except ValueError as error:
        found.add("time stamp", False, f"{error}")


def _entries(found: Checked, lines: Sequence[bytes], said: Mapping[str, Any]) -> None:
    """Recomputes both trees from the entries: they are the newest of the log, and nothing before them has changed."""
    try:
        leaves = [_leaf(line) for line in lines]
        before, after = said["before"], said["after"]
        tree = frontier(before["size"], [bytes.fromhex(one) for one in before["peaks"]])
        if tree is None or tree.root().hex() != before["root"]:
            raise ValueError("the tree before them is not the one that was signed")
        size, whole = tree.add(leaves).size, tree.root().hex()
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        found.add("entries", False, f"{error}")
        return
    withheld = sum(line.startswith(b'{"withheld":') for line in lines)
    kept = f", {withheld:,} of them withheld" if withheld else ""
    same = {"size": size, "root": whole} == after
    if same:
        shown = (value["entry"] for value in map(parsed, lines) if "entry" in value)
        found.entries = tuple(one for one in shown if isinstance(one, dict) and isinstance(one.get("kind"), str))
    found.add("entries", same, f"{len(lines):,} entries of evidence, decisions and custody{kept}")


def _leaf(line: bytes) -> bytes:
    """The hash of an entry, or the one that stands in its place."""
    value = parsed(line)
    if set(value) == {"withheld"}:
        digest = bytes.fromhex(value["withheld"])
        if digest.hex() != value["withheld"] or len(digest) != 32:
            raise ValueError("the hash of a withheld entry is not spelt as it was written")
        return digest
    return leaf_hash(line)


def check_log(found: Checked, path: Path) -> None:
    """Compares the log of all seals with the seal."""
    if found.statement is None:
        return
    said = found.statement["predicate"]["log"]
    try:
        log = logs.read(path)
    except InputError as error:
        found.add("log", False, str(error))
        return
    before, after = said["before"], said["after"]
    same = after["size"] <= len(log.leaves) and all(
        root(log.leaves[: one["size"]]).hex() == one["root"] for one in (before, after)
    )
    place = f"the {log.envelopes.index(found.envelope) + 1}." if found.envelope in log.envelopes else "none"
    found.add("log", same and place != "none", f"this seal is {place} of {len(log.envelopes):,} in it")


def check_files(found: Checked, prefix: str, files: Mapping[str, Path]) -> None:
    """Compares files with the subjects of the statement that begin with `prefix`; `files` go by the rest of the name.

    A subject without a file differs: it is missing.
    """
    if found.statement is None:
        return
    for one in found.statement["subject"][1:]:
        name, digest = one["name"], one["digest"]["sha256"]
        if name.startswith(prefix):
            path = files.get(name.removeprefix(prefix))
            actual = None if path is None else digest_of(path)
            found.add(name, actual == digest, "is missing" if actual is None else f"sha256 {actual[:16]}…")


def digest_of(path: Path) -> str | None:
    """A file's sha256 in hexadecimal; None where it cannot be read."""
    try:
        with path.open("rb") as stream:
            return file_digest(stream, "sha256").hexdigest()
    except OSError:
        return None
