"""Matching sessions as files: what waits for an answer, how many a partner may have, and the log on both sides."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stillwatch.disk import replaced
from stillwatch.errors import InputError, Mistake, UsageError
from stillwatch.key import Key, load_key
from stillwatch.ledger import View
from stillwatch.ledger.records import in_utc
from stillwatch.records.identifiers import MATCHED, stamp, stix_id
from stillwatch.share import matching
from stillwatch.share.gather import values_to_match
from stillwatch.share.matching import Session, Value
from stillwatch.share.patterns import pattern_of
from stillwatch.share.sharing import Partner
from stillwatch.share.stix import VALID

if TYPE_CHECKING:
    from stillwatch.ledger.ledger import Ledger

FOLDER = "matches"
"""The folder of offers that wait for an answer, in a state's folder."""
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a session: who it is, with whom, where it keeps what, and when (UTC)."""

    ours: str
    partner: Partner
    ledger: Ledger
    state: Path
    now: datetime

    @property
    def key(self) -> Key:
        """The secret that both sides hold; raises UsageError where it cannot be used."""
        if self.partner.match_key_file is None:
            remedy = "add it to the sharing file, and give the partner the same secret"
            raise UsageError([Mistake(f"partner `{self.partner.name}`", "has no `match_key_file`", remedy)])
        return load_key(self.partner.match_key_file)

    def logged(self) -> Sequence[View]:
        """The sessions with this partner, the newest first."""
        return self.ledger.views.list(f"match with {self.partner.name}", limit=10_000)

    def log(self, what: str) -> None:
        """Notes a step of a session."""
        subject = f"match with {self.partner.name}"
        self.ledger.views.add([View(in_utc(self.now), self.partner.name, what, subject)])

    def within_limit(self) -> None:
        """Raises UsageError where the partner has had its sessions of a day."""
        since = in_utc(self.now) - DAY
        sessions = [one for one in self.logged() if one.at > since and not one.action.startswith("read ")]
        if len(sessions) >= self.partner.matches_a_day:
            what = f"has had {self.partner.matches_a_day} sessions within a day"
            raise UsageError([Mistake(f"partner `{self.partner.name}`", what, "wait, or raise its `matches_a_day`")])


def offer(side: Side, run: Path, out: Path, reveal: bool) -> int:
    """Writes an offer; returns how many values of ours it holds."""
    values = matching.normalised(values_to_match(run))
    side.within_limit()
    message, kept = matching.offer(values, side.ours, side.partner.name, side.key, reveal, side.now)
    folder = side.state / FOLDER
    with _written(out, message):  # a session counts where its offer could be written
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _written(folder / f"{kept.session}.json", asdict(kept)):
            side.log(f"offered {kept.session}")
    return len(values)


def answer(side: Side, given: Path, run: Path, out: Path, reveal: bool) -> None:
    """Answers an offer; raises InputError for one that is wrong, old or answered already."""
    message = _message(side, given, "offer")
    done = f"answered {message['session']}"
    if any(one.action == done for one in side.logged()):
        raise InputError(f"`{given}`: this offer was answered before; ask its maker for another")
    side.within_limit()
    values = matching.normalised(values_to_match(run))
    said = matching.answer(message, values, side.ours, side.key, reveal, side.now)
    with _written(out, said):
        side.log(done)  # before it stands there: an answer that nobody knows of would be worse than none


def read(side: Side, given: Path) -> tuple[int, list[Value]]:
    """The result of a session, which ends with it; common values become indicators of the partner."""
    message = _message(side, given, "answer")
    path = side.state / FOLDER / f"{Path(message['session']).name}.json"
    kept = _kept(path, side.partner)
    count, common = matching.result(message, kept)
    with side.ledger.writing():
        told = [_indicator(one, side.partner, side.now) for one in common if one[0] in VALID]
        if told:
            side.ledger.received.add(side.partner.name, told, side.now, side.partner.objects_a_day, matched=True)
        side.log(f"read {kept.session}: {count} common")
    path.unlink()
    return count, common


def _indicator(value: Value, partner: Partner, now: datetime) -> dict[str, Any]:
    """What a partner has in common with us, as if it had told it: a value that it found in an effort of its own."""
    claim, text = value
    return {
        "type": "indicator",
        "spec_version": "2.1",
        "id": stix_id("indicator", "match", partner.name, claim, text),
        "created": stamp(now),
        "modified": stamp(now),
        "name": "Common by private matching",
        "pattern": pattern_of(claim, text),
        "pattern_type": "stix",
        "valid_from": stamp(now - VALID[claim]),
        MATCHED: True,
    }


def _kept(path: Path, partner: Partner) -> Session:
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(
            "no offer of ours waits for this answer; it was read before, or is of another state"
        ) from error
    values = tuple(None if one is None else (str(one[0]), str(one[1])) for one in said.pop("values"))
    kept = Session(**said, values=values)
    if kept.partner != partner.name:
        raise InputError("the answer is to an offer that was made to another partner")
    return kept


def _message(side: Side, given: Path, kind: str) -> matching.Message:
    raw = _raw(given)
    try:
        return matching.checked(raw, kind, side.ours, side.key, side.now)
    except InputError as error:
        raise InputError(f"`{given}`: {error}") from error


def _raw(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(matching.LONGEST + 1)
    except OSError as error:
        raise UsageError(
            [Mistake(f"`{path}`", f"cannot be read ({error.strerror})", "name a readable file")]
        ) from error


@contextmanager
def _written(path: Path, said: Any) -> Iterator[None]:
    """Writes a file for its owner alone, which is in its place when the block has ended without error."""
    with replaced(path, "--out") as file:
        os.chmod(file, 0o600)  # noqa: PTH101  before anything is in it
        file.write_text(json.dumps(said), encoding="utf-8")
        yield
