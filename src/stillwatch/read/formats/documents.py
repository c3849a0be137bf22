"""JSON text becomes Python values, and a byte stream becomes JSON objects, however large, deep or broken they are."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import orjson

from stillwatch.read.validation.rejects import MALFORMED_JSON, TRUNCATED_JSON
from stillwatch.records.exact_json import Pairs, holds_long_integer, lenient

DEEPEST = 200  # levels of nesting that are read; what lies deeper is left out
_TOKEN = re.compile(rb'["{}\[\]]')
_STRING_END = re.compile(rb'[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_TEXT_OR_BRACKET = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[{}\[\]]', re.DOTALL)
_STEP = {b"[": 1, b"{": 1, b"]": -1, b"}": -1}
_OPEN_ESCAPE = re.compile(rb"\\(u[0-9a-fA-F]{0,3})?\Z")
_ESCAPE = re.compile(rb"\\(?:x([0-9a-fA-F]{2})|.)", re.DOTALL)
_SHOWN = 1_000  # bytes that are kept of an object that is too large
_SHORTEST = 1_000  # bytes that every text may have: the ids of a row are kept, whatever stands before them
_NAME = re.compile(rb'"([^"\\]{1,60})"\s*:\s*\Z')
_BETWEEN = b" \t\r\n,"
_END = {ord("["): b"]", ord("{"): b"}"}


class UndecodableError(ValueError):
    """Bytes that are no JSON; the message is the reason."""


def decode(data: bytes) -> tuple[object, bool]:
    """The value that JSON text spells, and whether what lies deeper than DEEPEST was left out.

    Characters that no text holds stand as lone surrogates in texts. Of a name that an object repeats, the last value
    counts. Escapes of nginx are read, too. Raises UndecodableError.
    """
    try:
        if not holds_long_integer(data):
            return orjson.loads(data), False
    except orjson.JSONDecodeError:
        pass  # it refuses lone surrogates, control characters, NaN and deep nesting, and does not say which
    if deep := _is_deep(data):
        whole = list(objects([data], Limits(4 * len(data), len(data))))
        if len(whole) != 1:
            raise UndecodableError(MALFORMED_JSON)
        data = whole[0].data
    text = data.decode("utf-8", "surrogateescape")
    try:
        return lenient(text), deep
    except json.JSONDecodeError as error:
        if (mended := _ESCAPE.sub(_as_json, data)) != data:
            return decode(mended)
        raise UndecodableError(TRUNCATED_JSON if _ends_early(text, error) else MALFORMED_JSON) from error
    except RecursionError as error:  # little of the stack was left to the caller
        raise UndecodableError(MALFORMED_JSON) from error


def _as_json(escape: re.Match[bytes]) -> bytes:
    r"""What JSON has in place of `\x22`, as nginx writes by default what a client sent; other escapes stay."""
    if escape[1] is None:
        return escape[0]
    byte = int(escape[1], 16)
    return b"\\u%04x" % byte if byte < 0x80 else bytes([byte])  # beyond it are the bytes of characters in UTF-8


def repeated_names(data: bytes, names: Iterable[str]) -> set[str]:
    """Those of the names that the JSON object in `data` has twice or more, at its own level."""
    if not any(data.count(b'"%s"' % name.encode()) > 1 for name in names):
        return set()
    pairs: Pairs = []

    def keep(found: Pairs) -> object:
        pairs[:] = found  # the outermost object is complete last
        return None

    try:
        lenient(data.decode("utf-8", "surrogateescape"), keep)
    except (ValueError, RecursionError):
        return set()
    found = [name for name, _ in pairs]
    return {name for name in names if found.count(name) > 1}


def _is_deep(data: bytes) -> bool:
    # Python's parser recurses as deep as the process allows, which a host may have set beyond what its stack bears.
    if data.count(b"[") + data.count(b"{") <= DEEPEST:
        return False
    depth = 0
    for token in _TEXT_OR_BRACKET.finditer(data):
        depth += _STEP.get(token.group(), 0)
        if depth > DEEPEST:
            return True
    return False


def _ends_early(text: str, error: json.JSONDecodeError) -> bool:
    # A line was cut off when its error is at its end, or when a string is not closed.
    left = text.rstrip()
    at_end = error.pos >= len(left) or (error.pos == len(left) - 1 and not left.endswith("}"))
    return at_end or error.msg.startswith("Unterminated string")


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of one object is kept: bytes in all, bytes of each text, and levels of nesting.

    `rows_in` names the lists whose elements hold rows of their own; an empty name stands for an array around objects.
    """

    object_bytes: int
    text_bytes: int
    depth: int = DEEPEST
    rows_in: frozenset[str] = frozenset()

    @classmethod
    def of(cls, line_bytes: int, rows_in: frozenset[str] = frozenset()) -> Limits:
        """The limits of an object that is longer than a line may be: instructions, question and answer still fit."""
        return cls(2 * line_bytes, max(line_bytes // 2, 1), rows_in=rows_in)

    def of_next_text(self, kept: int) -> int:
        """How many bytes the next text may have: half of what is left of three quarters, so that all texts find room.

        The last quarter is for what stands around them.
        """
        return min(self.text_bytes, max((self.object_bytes * 3 // 4 - kept) // 2, _SHORTEST))


@dataclass(frozen=True, slots=True)
class Document:
    """One JSON object of a stream: the 1-based line on which it begins, its text, and whether something was cut.

    `left_out` says that more than the ends of texts was cut. `too_large` says that even so it is larger than the limit,
    and `torn` that the stream ends within it; `data` is then its start. Of an object with lists of rows, each `part`
    holds some of the rows and what stands around them; the rest of the object follows.
    """

    line: int
    data: bytes
    cut: bool = False
    too_large: bool = False
    torn: bool = False
    left_out: bool = False
    part: bool = False

    @property
    def whole(self) -> bool:
        """Whether `data` is an object that can be parsed."""
        return not (self.too_large or self.torn)


@dataclass(slots=True)
class Scanner:
    """Finds the objects of a stream that holds objects one after the other, or arrays of objects.

    An object may span lines. What stands between objects is skipped. An object with lists of rows is given in parts
    where a row is cut or many bytes are kept, so that no row costs another anything.
    """

    limits: Limits
    line: int = 1
    _opened: list[int] = field(default_factory=list)  # for each open bracket, the place in `_kept` before it
    _base: int = 0  # brackets open around an object: 1 inside an array of objects
    _kept: bytearray = field(default_factory=bytearray)  # of the object at hand
    _text_left: int = -1  # bytes that the text at hand may still take; -1 outside texts
    _skip: int = 0  # brackets open around what is left out; 0 where nothing is
    _began: int = 1
    _cut: bool = False
    _left_out: bool = False
    _too_large: bool = False
    _lists: list[int] = field(default_factory=list)  # which of the open brackets are lists of rows
    _ended: list[tuple[int, int]] = field(default_factory=list)  # of the open objects, where rows of closed lists stand
    _after_part: bool = False  # whether a comma may follow that belongs to a row that was given
    _done: list[Document] = field(default_factory=list)
    _rest: bytes = b""  # the start of an escape that the last piece tore

    def feed(self, piece: bytes) -> Iterator[Document]:
        """Yields the objects that end in this piece."""
        data = self._rest + piece
        backslashes = len(data) - len(data.rstrip(b"\\"))
        self._rest = data[len(data) - 1 :] if backslashes % 2 else b""
        data = data[: len(data) - len(self._rest)]
        at = counted = 0
        while at < len(data):
            if self._text_left >= 0:
                at = self._text(data, at)
                continue
            found = _TOKEN.search(data, at)
            end = found.start() if found else len(data)
            self._keep(data[at:end])
            if found is None:
                break
            at = end + 1
            if len(self._opened) == self._base:
                self.line, counted = self.line + data.count(b"\n", counted, end), end
            self._sign(found[0])
            if self._done:
                yield from self._done
                self._done.clear()
        self.line += data.count(b"\n", counted)

    def finish(self) -> Iterator[Document]:
        """Yields what the stream's end cut off, and forgets it."""
        yield from self._done
        if self._kept:
            yield Document(self._began, bytes(self._kept), self._cut, self._too_large, torn=True)
        self._done.clear()
        self._opened.clear()
        self._forget()
        self._base, self._text_left, self._rest = 0, -1, b""

    def _forget(self) -> None:
        self._kept.clear()
        self._lists.clear()
        self._ended.clear()
        self._cut = self._left_out = self._too_large = self._after_part = False
        self._skip = 0

    def _keep(self, data: bytes) -> None:
        if len(self._opened) <= self._base or self._skip or self._too_large:
            return
        if self._after_part:
            data = data.lstrip(_BETWEEN)
            self._after_part = not data
        self._kept += data
        if len(self._kept) > self.limits.object_bytes:
            self._leave_out()

    def _leave_out(self) -> None:
        """Leaves out the innermost list or object of a row that takes a quarter of the room.

        Where there is none, the row is given as too large, or the object where it has no lists of rows.
        """
        row = self._lists[-1] + 1 if self._lists else self._base
        for depth in range(len(self._opened) - 1, row, -1):
            if len(self._kept) - self._opened[depth] >= self.limits.object_bytes // 4:
                self._cut = self._left_out = True
                self._skip_from(depth)
                return
        if self._lists and row < len(self._opened):
            shown = bytes(self._kept[self._opened[row] :][:_SHOWN])
            self._done.append(Document(self._began, shown, too_large=True, part=True))
            self._cut = self._left_out = False
            self._skip_from(row)
            return
        self._too_large = True
        del self._kept[_SHOWN:]

    def _skip_from(self, depth: int) -> None:
        self._skip = depth + 1
        self._forget_ended(self._opened[depth])
        del self._kept[self._opened[depth] :]
        self._kept += b"null"

    def _divide(self, place: int) -> None:
        """Gives the rows so far, and the last of them, which begins at this place, alone if it was cut."""
        if self._cut:
            last = bytes(self._kept[place:])
            del self._kept[place:]
            self._give(cut=False)
            self._kept += last
        self._give(self._cut)
        self._cut = self._left_out = False
        self._after_part = True

    def _give(self, cut: bool) -> None:
        """Gives what is kept, with its brackets closed, and keeps what stands around the rows to come."""
        opened = self._opened
        ends = b"".join(_END[self._kept[place]] for place in reversed(opened[self._base :]))
        data = bytes(self._kept).rstrip(_BETWEEN) + ends
        self._done.append(Document(self._began, data, cut, left_out=cut and self._left_out, part=True))
        for begin, end in reversed(self._ended):
            del self._kept[begin:end]
            opened[:] = [place - (end - begin) if place >= end else place for place in opened]
        self._ended.clear()
        around = bytearray()
        for depth, (begin, end) in enumerate(zip(opened[:], [*opened[1:], len(self._kept)], strict=True)):
            opened[depth] = len(around)
            around += self._kept[begin : begin + 1 if depth in self._lists else end]
        self._kept = around

    def _text(self, data: bytes, at: int) -> int:
        found = _STRING_END.match(data, at)
        end = found.end() - 1 if found else len(data)
        taken = data[at : min(end, at + self._text_left)]
        self._text_left -= len(taken)
        self._keep(taken)
        shortened = len(taken) < end - at
        self._cut |= shortened and len(self._opened) > self._base and not self._skip
        if found is None:
            return end
        if self._text_left == 0 and (half := _OPEN_ESCAPE.search(self._kept, max(len(self._kept) - 6, 0))):
            del self._kept[half.start() :]
        self._text_left = -1
        self._keep(b'"')
        return end + 1

    def _sign(self, sign: bytes) -> None:
        if sign == b'"':
            self._keep(sign)
            self._text_left = self.limits.of_next_text(len(self._kept))
        elif sign in b"{[":
            self._open(sign)
        elif self._opened:
            self._close(sign)

    def _open(self, sign: bytes) -> None:
        if not self._opened and sign == b"[":
            self._base = 1
        elif len(self._opened) == self._base:
            self._began = self.line
        elif sign == b"[" and self._holds_rows():
            self._lists.append(len(self._opened))
        self._opened.append(len(self._kept))
        if len(self._opened) - self._base > self.limits.depth and not self._skip:
            self._keep(b"null")
            self._skip = len(self._opened)
            self._cut = True
        else:
            self._keep(sign)

    def _holds_rows(self) -> bool:
        """Whether the list that begins here is one of rows: by its name, in the object itself or in such a row."""
        around = self._lists[-1] + 1 if self._lists else self._base
        if not self.limits.rows_in or self._skip or self._too_large or len(self._opened) != around + 1:
            return False
        name = _NAME.search(self._kept, max(len(self._kept) - 100, 0))
        return name is not None and name[1].decode("utf-8", "replace") in self.limits.rows_in

    def _close(self, sign: bytes) -> None:
        self._keep(sign)
        if self._skip == len(self._opened):
            self._skip = 0
        place = self._opened.pop()
        if not self._opened:
            self._base = 0
        if len(self._opened) == self._base and self._kept:
            data = bytes(self._kept)
            self._done.append(Document(self._began, data, self._cut, self._too_large, left_out=self._left_out))
            self._forget()
        elif self._lists and not self._skip and not self._too_large:
            self._close_row(place)

    def _close_row(self, place: int) -> None:
        """Ends a list of rows, or a row that begins at this place."""
        if self._lists[-1] == len(self._opened):
            self._lists.pop()
            self._forget_ended(place)
            self._ended.append((place + 1, len(self._kept) - 1))
        elif self._lists[-1] == len(self._opened) - 1:
            self._forget_ended(place)
            if self._cut or len(self._kept) > self.limits.object_bytes // 4:
                self._divide(place)

    def _forget_ended(self, place: int) -> None:
        while self._ended and self._ended[-1][0] > place:
            self._ended.pop()


def objects(pieces: Iterable[bytes], limits: Limits) -> Iterator[Document]:
    """Yields the objects of a stream, as `Scanner` finds them; one that the stream's end cuts off is not whole."""
    scanner = Scanner(limits)
    for piece in pieces:
        yield from scanner.feed(piece)
    yield from scanner.finish()
