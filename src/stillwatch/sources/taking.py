"""Takes what is new in a folder's files: whole lines of logs that grow, and files that are finished."""

from __future__ import annotations

import errno
import os
import shutil
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO, Literal

from stillwatch.records.printable import escaped
from stillwatch.sources import content
from stillwatch.sources.files import Files
from stillwatch.sources.interface import Batch, Counts, Offset, Trouble
from stillwatch.sources.journal import Known
from stillwatch.sources.listing import Changes, Listing, Seen
from stillwatch.sources.matching import Match, Matcher, Verdict
from stillwatch.sources.spool import FILE_BYTES, Spool, unwritable

SETTLE_SECONDS = 15.0
_TAIL_SECONDS = 3_600  # after which a last line is taken though it is no whole JSON object
_NAME_SECONDS = 60  # after which a name of no known format is told of: it may be one for the time of writing
_MOST_FILES = 1_000  # of one batch
_MOST_TROUBLES = 100  # of one batch
_ENDLESS = 1 << 62
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS)


@dataclass(slots=True)
class Taken:
    """What one batch holds so far, and for how many more bytes it has room."""

    room: int
    files: list[Path] = field(default_factory=list)
    origins: list[str] = field(default_factory=list)
    records: int = 0
    bytes: int = 0
    repeated: int = 0
    lost: int = 0
    troubles: list[Trouble] = field(default_factory=list)

    @property
    def full(self) -> bool:
        """Whether no further file is begun."""
        return self.room <= 0 or len(self.files) >= _MOST_FILES

    @property
    def says_something(self) -> bool:
        """Whether the caller must hear of it."""
        return bool(self.files or self.troubles or self.repeated or self.lost)

    def add(self, file: Path, origin: str, size: int, records: int) -> None:
        """Adds a file of the batch."""
        self.files.append(file)
        self.origins.append(escaped(origin))
        self.bytes += size
        self.room -= size
        self.records += records

    def tell(self, where: str, what: str) -> None:
        """Adds a trouble; of very many the first are kept."""
        if len(self.troubles) < _MOST_TROUBLES:
            self.troubles.append(Trouble(escaped(where), what))

    def batch(self, offset: Offset) -> Batch:
        """Returns the batch."""
        counts = Counts(self.records, self.bytes, self.repeated, self.lost)
        return Batch(tuple(self.files), tuple(self.origins), offset, counts, tuple(self.troubles))


class Taking:
    """Knows which files wait to be looked into, and takes what they have."""

    def __init__(self, listing: Listing, files: Files, spool: Spool, settle_seconds: float) -> None:
        self.listing, self.files = listing, files
        self._spool, self._settle = spool, settle_seconds
        self._pending: set[str] = set()
        self._more = False
        self._vain: dict[str, tuple[object, ...]] = {}  # what was so when a file was looked into in vain

    @property
    def waiting(self) -> bool:
        """Whether the last batch had no room for all that there was."""
        return self._more

    def batch(self, changes: Changes, most_bytes: int) -> Taken:
        """Takes at most about `most_bytes`, from the files that changed longest ago; raises OutputError."""
        taken = Taken(most_bytes)
        for trouble in changes.troubles:
            taken.tell(trouble.where, trouble.what)
        self._pending = {path for path in self._pending | changes.changed if path in self.listing.files}
        for path in changes.vanished:
            self._vain.pop(path, None)
        self._more = False
        for path in sorted(self._pending, key=lambda one: self.listing.files[one].changed):
            if taken.full:
                self._more = True
                break
            if self._try(path, self.listing.files[path], taken):
                self._pending.discard(path)
                self._vain.pop(path, None)
        for known in self.files.expired():
            taken.lost += known.unread
            taken.tell(known.path, f"vanished, or was cut, with {known.unread:,} bytes that were not read")
        return taken

    def _try(self, path: str, seen: Seen, taken: Taken) -> bool:
        """Takes what a file has; returns whether it need not be looked into before it changes."""
        try:
            return self._look_into(path, seen, taken)
        except (content.MovedError, FileNotFoundError):
            return False  # the next look says what became of it
        except OSError as error:
            taken.tell(path, f"cannot be read: {error.strerror or error}; it is tried again when it changes")
            return True

    def _look_into(self, path: str, seen: Seen, taken: Taken) -> bool:
        known = self.files.at(seen.place)
        if known is not None and known.path != path:
            if self.files.lives(known):
                return True  # another name of the same file
            self.files.move(known, path, seen)
        if known is not None and not self._is_the_same(known, path, seen):
            self.files.lose(known, known.size)
            known = None
        if known is not None:
            return self._go_on(known, path, seen, taken)
        if not content.is_log(path):
            return self._pass_over(path, seen, taken)
        return not seen.size or self._begin(path, seen, taken)

    def _pass_over(self, path: str, seen: Seen, taken: Taken) -> bool:
        if time.monotonic() - seen.appeared < min(_NAME_SECONDS, 4 * self._settle):
            return False
        taken.tell(path, "has a name that says no known format and is passed over")
        return True

    def _is_the_same(self, known: Known, path: str, seen: Seen) -> bool:
        """Whether what was taken of a file still stands at its beginning."""
        if (known.size, known.changed) == (seen.size, seen.changed):
            return True
        whole = self.listing.path(path)
        if known.form == "lines":
            with content.opened(whole, seen.place) as stream:
                if known.taken > seen.size or content.head_of(content.first_line(stream)) != known.head:
                    return False
                return not known.tail or content.tail_of(stream, known.taken) == known.tail
        reader = content.opened if known.form == "sealed" else content.unpacked
        with reader(whole, seen.place) as stream:
            return content.checksums(stream, [known.taken]).get(known.taken) == known.checksum

    def _begin(self, path: str, seen: Seen, taken: Taken) -> bool:
        """Takes a file that was not there before, from where it is new."""
        with content.opened(self.listing.path(path), seen.place) as stream:
            line = content.first_line(stream)
        form, head = content.form_of(path, line), content.head_of(line)
        unended = not line.endswith(b"\n") and len(line) < content.HEAD
        if (form == "sealed" or unended) and not self._settled(seen):
            return False
        match = self._match(path, seen, head, form)
        if match.verdict is Verdict.WAIT:
            return False
        if match.verdict is Verdict.NEW and form == "sealed":
            self._sealed(path, seen, taken)
            self.files.add(path, seen, head, form, (match.taken, match.checksum))
            return True
        known = self._matched(match, path, seen, (head, form))
        taken.repeated += match.taken if known.taken else 0
        return self._go_on(known, path, seen, taken)

    def _match(self, path: str, seen: Seen, head: str, form: str) -> Match:
        """Compares a new file with those before it, unless nothing changed since it last had to wait."""
        patient = self._unchanged(seen, 4 * self._settle) or time.monotonic() - seen.appeared > 4 * self._settle
        vain = self._vain.get(path)
        if vain is not None and vain[1] and not patient and vain[0] == (seen.place, seen.size, seen.changed):
            return Match(Verdict.WAIT)
        matcher = Matcher(path, seen, self.files, self.listing, self._settled(seen), patient)
        if form == "lines":
            match = matcher.lines(head)
        else:
            match = matcher.compressed() if content.is_compressed(path) else Match(Verdict.NEW)
            match = matcher.sealed(head) if match.verdict is Verdict.NEW else match
        if match.verdict is Verdict.WAIT:
            self._vain[path] = ((seen.place, seen.size, seen.changed), True)
            if patient:
                seen.appeared = time.monotonic()  # a long copy is looked at from time to time
        return match

    def _matched(self, match: Match, path: str, seen: Seen, kind: tuple[str, str]) -> Known:
        """The file as which a new one goes on: that of before, or a copy of it, or one of its own."""
        head, form = kind
        known = match.known
        if known is None or match.verdict is not Verdict.GOES_ON:
            grown = form if known is None or known.form == "sealed" or form == "lines" else "unpacked"
            return self.files.add(
                path, seen, head if known is None else known.head, grown, (match.taken, match.checksum)
            )
        self.files.move(known, path, seen)
        if known.form != "sealed":
            known.form = "lines" if form == "lines" else "unpacked"
        self.files.note(known, seen)
        return known

    def _go_on(self, known: Known, path: str, seen: Seen, taken: Taken) -> bool:
        if known.form != "sealed":
            return self._lines(known, path, seen, taken)
        grown = seen.size - known.size
        if grown > 0:
            taken.lost += grown
            taken.tell(path, f"grew by {grown:,} bytes after it was read whole; they are not read")
        if (known.size, known.changed) != (seen.size, seen.changed):
            self.files.note(known, seen)
        return True

    def _lines(self, known: Known, path: str, seen: Seen, taken: Taken) -> bool:
        """Takes whole lines from where a log, which may be compressed, was taken to."""
        plain = known.form == "lines"
        left = seen.size - known.taken if plain else _ENDLESS
        unchanged = (known.size, known.changed) == (seen.size, seen.changed)
        if left <= 0 or (not plain and known.finished and unchanged):
            if not unchanged:
                self.files.note(known, seen)
            return True
        tail = self._tail(seen) if plain else "any"
        vain = (known.taken, seen.size, seen.changed, tail)
        if self._vain.get(path) == vain:
            return tail == "any"
        cut = plain and taken.room > FILE_BYTES  # of one that is compressed, all before would be read again
        piece, out = self._copied(known, path, seen, (FILE_BYTES if cut else taken.room, left, tail))
        if not piece.bytes:
            out.unlink()
            self._vain[path] = vain
            known.finished = True
            self.files.note(known, seen)
            return not plain
        known.taken += piece.bytes
        known.checksum, known.tail = piece.checksum, piece.tail
        self.files.note(known, seen)
        if piece.skipped:
            taken.lost += piece.skipped
            taken.tell(path, f"has a line of {piece.skipped:,} bytes, which is too long to be read")
            out.unlink()
        else:
            taken.add(out, self.listing.path(path), piece.bytes, piece.lines)
        if cut and not taken.full:
            return self._lines(known, path, seen, taken)
        return plain and known.taken >= seen.size

    def _copied(
        self, known: Known, path: str, seen: Seen, limits: tuple[int, int, Literal["no", "whole", "any"]]
    ) -> tuple[content.Slice, Path]:
        """Copies lines to a file of the batch; raises OutputError when the disk is full."""
        out = self._spool.path(".log" if ".log" in Path(path).name.lower() else ".jsonl")
        reader = content.opened if known.form == "lines" else content.unpacked
        with reader(self.listing.path(path), seen.place) as stream:
            if known.form == "lines":
                stream.seek(known.taken)
            else:
                content.skip(stream, known.taken)
            try:
                with out.open("w+b") as target:
                    piece = content.LineCopy(stream, target, known.checksum).run(*limits)
                if known.form == "lines":
                    piece = replace(piece, tail=content.tail_of(stream, known.taken + piece.bytes))
                return piece, out
            except OSError as error:
                if error.errno in _FULL:
                    raise unwritable(self._spool.folder, error) from error
                raise

    def _tail(self, seen: Seen) -> Literal["no", "whole", "any"]:
        if self._unchanged(seen, _TAIL_SECONDS):
            return "any"
        return "whole" if self._settled(seen) else "no"

    def _sealed(self, path: str, seen: Seen, taken: Taken) -> None:
        """Puts a finished file into the batch: by another name of it, or where that cannot be, as a copy."""
        whole = self.listing.path(path)
        out = self._spool.path(content.ending_of(path))
        with content.opened(whole, seen.place) as stream:
            try:
                os.link(whole, out, follow_symlinks=False)
                if (out.lstat().st_dev, out.lstat().st_ino) != seen.place:
                    raise content.MovedError("another file lies there now")
            except content.MovedError:
                out.unlink()
                raise
            except OSError:
                self._copy(stream, out)
        taken.add(out, whole, seen.size, 0)

    def _copy(self, stream: BinaryIO, out: Path) -> None:
        try:
            with out.open("wb") as target:
                shutil.copyfileobj(stream, target, 1 << 20)
        except OSError as error:
            if error.errno in _FULL:
                raise unwritable(self._spool.folder, error) from error
            raise

    def _settled(self, seen: Seen) -> bool:
        return self._unchanged(seen, self._settle)

    def _unchanged(self, seen: Seen, seconds: float) -> bool:
        """Whether a file was unchanged for as long; by this process's clock where its own times lie in the future."""
        age = time.time() - max(seen.changed, seen.touched) / 1e9
        return age >= seconds or time.monotonic() - seen.since >= seconds
