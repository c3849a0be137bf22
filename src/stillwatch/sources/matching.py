"""Whether a file that was not there before holds what was taken already: a renamed, copied or compressed log."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from stillwatch.sources import content
from stillwatch.sources.files import Files
from stillwatch.sources.journal import Known
from stillwatch.sources.listing import Listing, Seen

_GROWING = ("lines", "unpacked")


class Verdict(Enum):
    """What a new file is."""

    NEW = "new"
    GOES_ON = "goes on"  # where the matched file ended, which is no longer there
    COPY = "copy"  # of what was taken of the matched file, which is still there
    WAIT = "wait"  # a copy that is being written, or whose original is still read or about to vanish


@dataclass(frozen=True, slots=True)
class Match:
    """What a new file is, the file that it is compared with, and the bytes of it that were taken, with their CRC-32."""

    verdict: Verdict
    known: Known | None = None
    taken: int = 0
    checksum: int = 0


@dataclass(frozen=True, slots=True)
class Matcher:
    """Compares one new file with those before it.

    `settled` says that it is no longer written, `patient` that its originals had time to vanish or to be read.
    """

    path: str
    seen: Seen
    files: Files
    listing: Listing
    settled: bool
    patient: bool

    def lines(self, head: str) -> Match:
        """Compares a log of lines with logs that have its first line; raises OSError when it cannot be read."""
        alike = [known for known in self.files.alike(head, _GROWING) if known.taken]
        longer = [known for known in alike if known.taken > self.seen.size]
        if longer and not self.patient:
            return Match(Verdict.WAIT)
        with content.opened(self._whole, self.seen.place) as stream:
            best = _best(alike, content.checksums(stream, [one.taken for one in alike if one not in longer]))
        if best is not None:
            original = self.listing.files.get(best.path)
            return self._of(best, waits=original is not None and original.size > best.taken)
        for known in longer:
            if self.files.lives(known) and known.form == "lines":
                checksum = self._beginning(known)
                if checksum is not None:
                    verdict = Verdict.COPY if self.settled else Verdict.WAIT
                    return Match(verdict, known, self.seen.size, checksum)
        return Match(Verdict.NEW)

    def compressed(self) -> Match:
        """Compares the text of a compressed file with logs that have its first line.

        A broken one is new: whoever reads it says what is wrong with it. Raises OSError when it cannot be read.
        """
        try:
            return self._unpacked()
        except content.BrokenError:
            return Match(Verdict.NEW)

    def _unpacked(self) -> Match:
        with content.unpacked(self._whole, self.seen.place) as stream:
            head = content.head_of(content.first_line(stream))
        alike = [known for known in self.files.alike(head, _GROWING) if known.taken]
        if not alike:
            return Match(Verdict.NEW)
        with content.unpacked(self._whole, self.seen.place) as stream:
            best = _best(alike, content.checksums(stream, [known.taken for known in alike]))
        return Match(Verdict.NEW) if best is None else self._of(best, waits=True)

    def sealed(self, head: str) -> Match:
        """Compares a file that is taken whole with those of its size and head; raises OSError when it is unreadable."""
        with content.opened(self._whole, self.seen.place) as stream:
            checksum = content.checksums(stream, [self.seen.size]).get(self.seen.size)
        if checksum is None:
            raise content.MovedError("it was cut while it was read")
        for known in self.files.alike(head, ("sealed",)):
            if (known.taken, known.checksum) == (self.seen.size, checksum):
                return self._of(known, waits=False)
        return Match(Verdict.NEW, None, self.seen.size, checksum)

    @property
    def _whole(self) -> str:
        return self.listing.path(self.path)

    def _of(self, known: Known, waits: bool) -> Match:
        if not self.files.lives(known):
            return Match(Verdict.GOES_ON, known, known.taken, known.checksum)
        verdict = Verdict.WAIT if waits and not self.patient else Verdict.COPY
        return Match(verdict, known, known.taken, known.checksum)

    def _beginning(self, known: Known) -> int | None:
        """The checksum of the whole file if the known one, which is longer, begins with it; else None."""
        size = self.seen.size
        with content.opened(self._whole, self.seen.place) as stream:
            own = content.checksums(stream, [size])
        with content.opened(self.listing.path(known.path), known.place) as stream:
            return own.get(size) if own and content.checksums(stream, [size]) == own else None


def _best(alike: list[Known], sums: dict[int, int]) -> Known | None:
    matched = [known for known in alike if sums.get(known.taken) == known.checksum]
    return max(matched, key=lambda known: known.taken, default=None)
