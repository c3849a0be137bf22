"""`POST /v1/screen`: a holder's names against the screening lists, at sign-up. It answers, and does nothing else."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec

from stillwatch.errors import Mistake, RunError, UsageError
from stillwatch.records.subjects import SCREENING
from stillwatch.screening.holders import Named
from stillwatch.serve import logs
from stillwatch.serve.door import Door
from stillwatch.serve.http import Request, Response, json_response, problem, read_call
from stillwatch.settings import ServeSettings

if TYPE_CHECKING:
    from stillwatch.ledger.ledger import Ledger
    from stillwatch.screening.kept import Match
    from stillwatch.screening.lists import ScreeningList
    from stillwatch.screening.screener import Screener

LONGEST_ID = 4_096
LONGEST_NAME = 300
MOST_NAMES = 16
"""Aliases in one request, and as many owners and parents."""
MOST_WAITING = 20_000
"""Matches that wait to be written; further ones are logged and lost."""
GATHERED = 0.25
"""Seconds for which matches are gathered: a thread that wrote each by itself would hold up the answers after it."""
_Name = Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_NAME)]
_Names = Annotated[list[_Name], msgspec.Meta(max_length=MOST_NAMES)]


class ScreenCall(msgspec.Struct, forbid_unknown_fields=True):
    """Who wants an account; a mistyped field is refused. The country is shown beside a match, and not weighed."""

    account_id: Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_ID)]
    name: _Name
    aliases: _Names = []
    owners: _Names = []
    parents: _Names = []
    country: Annotated[str, msgspec.Meta(max_length=100)] = ""
    birth_year: Annotated[int, msgspec.Meta(ge=1800, le=2100)] | None = None


class MatchAnswer(msgspec.Struct):
    """A name agrees with a listed one; `judged` is what a person has said of this very match."""

    match_id: str
    role: str
    name: str
    listed: str
    source: str
    programs: list[str]
    score: float
    reasons: list[str]
    judged: str | None


class ListAnswer(msgspec.Struct):
    """A list that was looked through."""

    name: str
    sha256: str
    entries: int


class ScreenAnswer(msgspec.Struct):
    """Matches, each a question for a person: no effect follows from them."""

    account_id: str
    matches: list[MatchAnswer]
    lists: list[ListAnswer]


_read = msgspec.json.Decoder(ScreenCall)


class Screening:
    """The lists as they were last read, and what people have said of matches."""

    def __init__(self, state: Path, settings: ServeSettings) -> None:
        """Raises UsageError where a list is set, and a package that screening needs is missing."""
        self._state, self._settings = state, settings
        self._seen: tuple[tuple[str, int, int], ...] | None = None
        self._screener: Screener | None = None
        self._judged: Mapping[str, str] = {}
        self._waiting: dict[str, Match] = {}
        self._writing = False
        self._lock = threading.Lock()  # of the two before
        if self.wanted:
            _imported()

    @property
    def wanted(self) -> bool:
        """Whether any list is set."""
        return len(self._settings.screening_lists) > 0

    def refresh(self) -> bool:
        """Reads the lists when one of them has changed, and says whether it did; else the former stay in place."""
        try:
            found = [(str(path), path.stat()) for path in self._settings.screening_lists]
            seen = tuple((path, stat.st_mtime_ns, stat.st_size) for path, stat in found)
            if seen == self._seen:
                return False
            self._screener = _screener(self._settings.screening_lists)
            self._seen = seen
        except (OSError, RunError) as error:
            about = {"list": str(getattr(error, "filename", None) or error), "former": self._screener is not None}
            logs.note("a list cannot be read", logging.ERROR, **about, **logs.where(error))
            return False
        logs.note("lists read", entries=sum(len(one.entries) for one in self._screener.lists))
        return True

    def learn(self, door: Door) -> None:
        """Takes what people have judged; while the ledger is away, what is known stays."""
        try:
            said = door.ask(lambda ledger: _judgements(ledger))
        except RunError as error:
            logs.note("the ledger is away", logging.WARNING, **logs.where(error))
        else:
            self._judged = said

    async def answer(self, request: Request) -> Response:
        """Holds the names that the body gives against the lists."""
        if not self.wanted:
            return problem(404, "no list is set; name some as `serve.screening_lists`")
        call = read_call(request.body, _read)
        if isinstance(call, Response):
            return call
        if self._screener is None:
            return problem(503, "the lists are not read yet; try again", (b"retry-after", b"5"))
        matches = self._screener.matches(_names(call), self._settings.screening_least)
        self._let_wait([one for one in matches if one.subject not in self._judged])
        lists = [ListAnswer(one.name, one.sha256, len(one.entries)) for one in self._screener.lists]
        return json_response(ScreenAnswer(call.account_id, [self._shown(one) for one in matches], lists))

    def _shown(self, one: Match) -> MatchAnswer:
        return MatchAnswer(
            one.match_id,
            one.role,
            one.name,
            one.listed,
            one.source,
            list(one.programs),
            one.score,
            list(one.reasons),
            self._judged.get(one.subject),
        )

    def _let_wait(self, matches: list[Match]) -> None:
        """Lets matches wait for a person; a server that ends in order waits for its threads, and so for this one."""
        if not matches:
            return
        with self._lock:
            room = MOST_WAITING - len(self._waiting)
            self._waiting |= {one.match_id: one for one in matches[:room]}
            start, self._writing = not self._writing, True
        if len(matches) > room:
            logs.note("matches are not kept", logging.ERROR, matches=len(matches) - room)
        if start:
            asyncio.get_running_loop().run_in_executor(None, self._keep)

    def _keep(self) -> None:
        """Writes what waits until nothing does; what cannot be written is logged, since the answers have gone out."""
        from stillwatch.screening import kept

        while True:
            time.sleep(GATHERED)
            with self._lock:
                waiting, self._waiting = self._waiting, {}
                self._writing = len(waiting) > 0
            if not waiting:
                return
            now = datetime.now(UTC)
            try:
                kept.add_arrivals(self._state, [kept.row_of(one, now) for one in waiting.values()])
            except Exception as error:  # noqa: BLE001  whatever it is, later matches are written
                logs.note("matches are not kept", logging.ERROR, matches=len(waiting), **logs.where(error))


def _imported() -> tuple[Callable[[Path], ScreeningList], type[Screener]]:
    """What screening takes, imported here because few servers screen; raises UsageError where a package is missing."""
    try:
        from stillwatch.screening.lists import read_list
        from stillwatch.screening.screener import Screener
    except ModuleNotFoundError as error:
        remedy = "install it with `pip install 'stillwatch[screen]'`"
        raise UsageError([Mistake("`serve.screening_lists`", f"needs the package `{error.name}`", remedy)]) from error
    return read_list, Screener


def _screener(paths: tuple[Path, ...]) -> Screener:
    read_list, screener = _imported()
    found = screener([read_list(path) for path in paths])
    found.matches(_names(ScreenCall("", "W\u0430rm up")))  # so that no caller waits for code to be compiled
    return found


def _names(call: ScreenCall) -> list[Named]:
    found = [Named(call.account_id, call.name, "holder", call.country, call.birth_year)]
    found += [Named(call.account_id, one, "alias", call.country, call.birth_year) for one in call.aliases]
    found += [Named(call.account_id, one, "owner") for one in call.owners]
    return found + [Named(call.account_id, one, "parent") for one in call.parents]


def _judgements(ledger: Ledger) -> dict[str, str]:
    return {one.subject: one.verdict for one in ledger.judgements.list(about=SCREENING)}
