"""Reads texts as their reader sees them: what hides in a word, or looks like another letter, makes no other word.

A client can put characters that nobody sees into every request, or letters of another script that look the same. The
model answers as before, and no two requests would have a token in common. Sources: Unicode Technical Standard 39
(skeletons of confusable texts); `Default_Ignorable_Code_Point` of the Unicode Character Database, version 16.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

import numpy as np
import numpy.typing as npt

from stillwatch.records.buffers import Octets, Texts
from stillwatch.records.compiled import borrowed, compiled

_KEEP, _DROP, _DOUBLE = 0, 1, 128  # what is read of a code point; else the ASCII character that it stands for
_BLOCK = 16  # bytes that are passed over at once where all are printable ASCII, as most of most texts are
_SIZE = 0x1D800  # code points that have an entry
_TAGS = (0xE0000, 0xE1000)  # beyond the table; none of them is seen
_UNSEEN = (
    (0x00, 0x08), (0x0E, 0x1F), (0x7F, 0x84), (0x86, 0x9F),  # controls but tabs and ends of lines
    (0xAD, 0xAD), (0x34F, 0x34F), (0x61C, 0x61C), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F),
    (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F), (0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF),
    (0xFFA0, 0xFFA0), (0xFFF0, 0xFFFB), (0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A),
    # marks that any letter of Latin, Greek or Cyrillic can carry; letters that have a code point with one keep it
    (0x300, 0x36F), (0x483, 0x489), (0x1AB0, 0x1AFF), (0x1DC0, 0x1DFF), (0x20D0, 0x20FF), (0xFE20, 0xFE2F),
)  # fmt: skip
_STYLED = ((0x2100, 0x214F), (0x24B6, 0x24E9), (0xFF10, 0xFF5A), (0x1D400, 0x1D7FF))  # letters, digits, in other styles
_DOUBLES = {
    "АВЕЅІЈКМНОРСТХҮԌԜԚаеѕіјкорсухһԁԛԝѵӏ": "ABESIJKMHOPCTXYGWQaesijkopcyxhdqwvl",
    "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧϹϳανοριυκχγϲ": "ABEZHIKMNOPTYXCjavopiukxyc",
    "օսոհցզյɑɡıɩ": "ounhgqjagii",
}
"""Letters that look like Latin ones, and these. They are read so beside Latin letters: in one word, or in a text whose
other letters are few."""
_FEW = 4  # times as many Latin letters as others, which look like no Latin one: two in five letters of Russian do not


def without_confusables(texts: Texts) -> Texts:
    """Returns n texts without what is not seen, styled letters as plain ones, and Latin words in Latin letters alone.

    Bytes that are not UTF-8 stay as they are. Texts without any of these are returned themselves.
    """
    begin, end = texts.offsets[0], texts.offsets[-1]
    if not _has_any(texts.data, begin, end, _readings()):
        return texts
    out, offsets = np.empty(end - begin, np.uint8), np.zeros_like(texts.offsets)
    _read_all(texts, _readings(), out, offsets)
    out.flags.writeable = False  # as columns are, for which the kernels are compiled
    return Texts(out, offsets, texts.present)


UNSEEN = re.compile(
    "[" + "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in (*_UNSEEN, (0xE0000, 0xE0FFF))) + "]"
)
"""What `without_confusables` leaves out of texts."""


def as_seen(text: str) -> str:
    """Returns one text as `without_confusables` does those of a column.

    >>> as_seen("Pe\u200bt\u0433\u043ev")
    'Pet\u0433ov'
    """
    raw = np.frombuffer(text.encode("utf-8", "surrogatepass"), np.uint8)
    found = without_confusables(Texts(raw, np.array([0, len(raw)]), np.ones(1, np.bool_)))
    return found.data[: found.offsets[1]].tobytes().decode("utf-8", "surrogatepass")


@cache
def _readings() -> Octets:
    readings = np.full(_SIZE, _KEEP, np.uint8)
    for first, last in _UNSEEN:
        readings[first : last + 1] = _DROP
    for first, last in _STYLED:
        for code in range(first, last + 1):
            plain = unicodedata.normalize("NFKC", chr(code))
            if len(plain) == 1 and plain.isascii() and plain.isalnum():
                readings[code] = ord(plain)
    for letters, doubles in _DOUBLES.items():
        for letter, double in zip(letters, doubles, strict=True):
            readings[ord(letter)] = _DOUBLE | ord(double)
    return readings


@compiled
def _has_any(given: Octets, start: int, stop: int, table: Octets) -> bool:
    return _reads_otherwise(borrowed(given), start, stop, borrowed(table))


@compiled
def _reads_otherwise(data: Octets, start: int, stop: int, readings: Octets) -> bool:
    position = start
    while position < stop:
        while position + _BLOCK <= stop and data[position] < 0x7F and _is_printable(data, position):
            position += _BLOCK
        if position == stop:
            return False
        code, size = _code_point(data, position, stop)
        if _reading(code, readings) != _KEEP:
            return True
        position += size
    return False


@compiled
def _is_printable(data: Octets, start: int) -> bool:
    others = np.uint8(0)
    for place in range(_BLOCK):
        others |= np.uint8(np.uint8(data[start + place] - np.uint8(0x20)) > np.uint8(0x5E))
    return bool(others == 0)


@compiled
def _read_all(given: Texts, table: Octets, made: Octets, offsets: npt.NDArray[np.int64]) -> None:
    texts, readings, out, at = borrowed(given), borrowed(table), borrowed(made), 0
    for index in range(len(texts.present)):
        start, stop = texts.offsets[index], texts.offsets[index + 1]
        if _reads_otherwise(texts.data, start, stop, readings):
            at = _read(texts.data, start, stop, readings, out, at)
        else:  # most texts of most columns
            for position in range(start, stop):
                out[at] = texts.data[position]
                at += 1
        offsets[index + 1] = at


@compiled
def _read(data: Octets, start: int, stop: int, readings: Octets, out: Octets, at: int) -> int:
    # This writes one text from place `at` and returns the place after it.
    mostly = _mostly_latin(data, start, stop, readings)
    word, latin, doubles = at, mostly, False  # where the word begins that is being written, and what it has
    position = start
    while position < stop:
        code, size = _code_point(data, position, stop)
        reading = _reading(code, readings)
        if reading == _DROP:
            position += size
            continue
        if reading != _KEEP and reading < _DOUBLE:
            code, position, size = reading, position + size, 0
        if not _in_word(code):
            at = _as_latin(out, word, at, readings) if latin and doubles else at
            latin, doubles = mostly, False
        latin |= _is_ascii_letter(code)
        doubles |= reading >= _DOUBLE
        if size == 0:
            out[at] = code
            at += 1
        for _ in range(size):
            out[at] = data[position]
            at, position = at + 1, position + 1
        word = word if _in_word(code) else at
    return _as_latin(out, word, at, readings) if latin and doubles else at


@compiled
def _mostly_latin(data: Octets, start: int, stop: int, readings: Octets) -> bool:
    position, balance = start, 0
    while position < stop:
        code, size = _code_point(data, position, stop)
        position += size
        other = 0x370 <= code < 0x590 and _reading(code, readings) == _KEEP
        balance += int(_is_ascii_letter(code)) - _FEW * int(other)
    return balance > 0


@compiled
def _as_latin(out: Octets, start: int, stop: int, readings: Octets) -> int:
    # This replaces the doubles in a word that is written already, and returns its new end.
    position, at = start, start
    while position < stop:
        code, size = _code_point(out, position, stop)
        reading = _reading(code, readings)
        if reading >= _DOUBLE:
            out[at] = reading - _DOUBLE
            at, position = at + 1, position + size
            continue
        for _ in range(size):
            out[at] = out[position]
            at, position = at + 1, position + 1
    return at


@compiled
def _reading(code: int, readings: Octets) -> int:
    if code < len(readings):
        return int(np.int64(readings[code])) if code >= 0 else _KEEP
    return _DROP if _TAGS[0] <= code < _TAGS[1] else _KEEP


@compiled
def _is_ascii_letter(code: int) -> bool:
    return 65 <= code <= 122 and 65 <= (code & 0x5F) <= 90


@compiled
def _in_word(code: int) -> bool:
    if code < 0x80:
        return bool(48 <= code <= 57 or code == 95 or _is_ascii_letter(code))
    return bool(0xC0 <= code < 0x800 or 0x1E00 <= code < 0x2000)


@compiled
def _code_point(data: Octets, position: int, stop: int) -> tuple[int, int]:
    # This returns the code point at a position and its bytes; -1 and 1 where no UTF-8 is.
    byte = int(np.int64(data[position]))
    if byte < 0x80:
        return byte, 1
    size = 2 if 0xC2 <= byte < 0xE0 else 3 if 0xE0 <= byte < 0xF0 else 4 if 0xF0 <= byte < 0xF5 else 1
    if size == 1 or position + size > stop:
        return -1, 1
    code = byte & (0x7F >> size)
    for place in range(1, size):
        following = int(np.int64(data[position + place]))
        if following & 0xC0 != 0x80:
            return -1, 1
        code = code << 6 | (following & 0x3F)
    return code, size
