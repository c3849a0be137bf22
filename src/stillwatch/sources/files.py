"""Which file is which: the files that a folder had before, found again by their place or by what stands in them."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator

from stillwatch.sources.journal import Journal, Known
from stillwatch.sources.listing import Changes, Listing, Seen

_REMEMBERED_SECONDS = 7 * 86_400  # how long a vanished file is known, which may come back compressed
_MOST_REMEMBERED = 20_000
_LOST_SECONDS = 60  # after which bytes that vanished unread are lost: a copy of them may turn up
_MOST_ALIKE = 1_000  # files with one first line that are compared

Place = tuple[int, int]


class Files:
    """The files of a journal, by place and by head, and the keys of those that changed since it was last written."""

    def __init__(self, journal: Journal, listing: Listing) -> None:
        self._journal, self._listing = journal, listing
        self.changed: set[int] = set()
        self._places: dict[Place, int] = {}
        self._heads: defaultdict[str, list[int]] = defaultdict(list)
        self._gone: dict[int, int] = {}
        for key, known in journal.known.items():
            self._heads[known.head].append(key)
            if known.gone:
                self._gone[key] = known.gone
            else:
                self._places[known.place] = key

    def at(self, place: Place) -> Known | None:
        """Returns the file with this device and inode."""
        key = self._places.get(place)
        return None if key is None else self._journal.known[key]

    def alike(self, head: str, forms: tuple[str, ...]) -> list[Known]:
        """Returns the files of these forms with this head, of very many the newest."""
        found = [self._journal.known[key] for key in self._heads.get(head, ())[-_MOST_ALIKE:]]
        return [known for known in found if known.form in forms]

    def lives(self, known: Known) -> bool:
        """Whether the file still lies where it was taken from."""
        seen = self._listing.files.get(known.path)
        return not known.gone and seen is not None and seen.place == known.place

    def add(self, path: str, seen: Seen, head: str, form: str, taken: tuple[int, int] = (0, 0)) -> Known:
        """Adds a file, of which as many bytes were taken, with that checksum."""
        key = self._journal.new_key()
        known = Known(key, path, seen.device, seen.inode, seen.size, seen.changed, *taken, head, form)
        self._journal.known[known.key] = known
        self._heads[head].append(known.key)
        self._places[known.place] = known.key
        self.changed.add(known.key)
        return known

    def note(self, known: Known, seen: Seen) -> None:
        """Notes that a file was taken, or looked at, as it was seen."""
        known.size, known.changed = seen.size, seen.changed
        self.changed.add(known.key)

    def move(self, known: Known, path: str, seen: Seen) -> None:
        """Notes that a file lies elsewhere now, or that another file goes on where it ended."""
        if self._places.get(known.place) == known.key:
            del self._places[known.place]
        known.path, known.device, known.inode = path, seen.device, seen.inode
        known.gone = known.unread = 0
        self._gone.pop(known.key, None)
        self._places[known.place] = known.key
        self.changed.add(known.key)

    def lose(self, known: Known, size: int) -> None:
        """Notes that a file vanished, or was written anew, when it was this large."""
        if self._places.get(known.place) == known.key:
            del self._places[known.place]
        known.gone = max(1, int(time.time()))
        known.unread = max(0, size - known.taken) if known.form == "lines" else 0
        self._gone[known.key] = known.gone
        self.changed.add(known.key)

    def reconcile(self, changes: Changes, first: bool) -> None:
        """Follows files that were renamed, and notes those that vanished; at `first` all are compared."""
        if first and not changes.complete:
            return
        missing = dict(self._missing_at_first() if first else self._missing(changes))
        if not missing:
            return
        files = self._listing.files
        for path in list(files) if first else list(changes.changed):
            known = self.at(files[path].place)
            if known is not None and known.key in missing:
                self.move(known, path, files[path])
                del missing[known.key]
        for key, size in missing.items():
            self.lose(self._journal.known[key], size)

    def _missing(self, changes: Changes) -> Iterator[tuple[int, int]]:
        for path, seen in (*changes.vanished.items(), *changes.replaced):
            known = self.at(seen.place)
            if known is not None and known.path == path:
                yield known.key, seen.size

    def _missing_at_first(self) -> Iterator[tuple[int, int]]:
        for known in list(self._journal.known.values()):
            if known.gone or self.lives(known):
                continue
            seen = self._listing.files.get(known.path)
            if seen is not None and (seen.inode, seen.size, seen.changed) == (known.inode, known.size, known.changed):
                self.move(known, known.path, seen)  # a device may have another number after a start of the machine
            else:
                yield known.key, known.size

    def expired(self) -> Iterator[Known]:
        """Yields files whose last bytes are lost; forgets those that vanished long ago."""
        now = int(time.time())
        surplus = len(self._gone) - _MOST_REMEMBERED
        for key, gone in list(self._gone.items()):
            known = self._journal.known[key]
            old = abs(now - gone) > _REMEMBERED_SECONDS or surplus > 0
            if known.unread and (old or abs(now - gone) > _LOST_SECONDS):
                yield known
                known.unread = 0
                self.changed.add(key)
            if old:
                surplus -= 1
                self._forget(known)

    def _forget(self, known: Known) -> None:
        del self._gone[known.key], self._journal.known[known.key]
        alike = self._heads[known.head]
        alike.remove(known.key)
        if not alike:
            del self._heads[known.head]
        self.changed.add(known.key)
