"""Names the subject and the form of a text, with a linear model over its segments.

A text is cut into segments of about a sentence or a line, so that a wrapper around a request and the request itself are
scored apart. A segment's score for a name is the sum of the weights of its hashed features. Its exponentials are summed
over the segments, so that the segment that says most decides. `knowledge` and `answer` have no weights: nothing speaks
for them but that nothing speaks for another name, so that words around a request cannot hide it. What stands for them
grows with the number of segments, so that chance does not add up in long texts: slowly for the subject; for the form as
the number itself, since ordinary texts have many words of other forms and a form is a wrapper around the whole request.

Features are words, pairs of words, the first letters of long words, what stands between words (punctuation, brackets,
line breaks), and shapes (numbers, identifiers). Code, formulas and tables have the last two in every language.

`training/train_naming.py` trains the arrays in a file beside this one; `docs/methods/naming-model.md` describes their
quality and their limits.
"""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from math import exp, sqrt
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from stillwatch.records.compiled import compiled
from stillwatch.records.naming import FORMS, SUBJECTS
from stillwatch.sketch.features import bucket_of
from stillwatch.sketch.siphash import Octets, Words
from stillwatch.sketch.tokens import FOLD, LOWS, Tokens, between, mix, pair, up_to_eight

WEIGHTS_FILE = Path(__file__).with_name("weights.npz")
LANES = 16  # scores, with padding up to the width of a vector register
NAMED_SUBJECTS, NAMED_FORMS = len(SUBJECTS) - 1, len(FORMS) - 1  # lanes: the subjects, then the forms, without unclear
SCORES = NAMED_SUBJECTS + NAMED_FORMS
HEAD_TOKENS, TAIL_TOKENS = 512, 128  # tokens that are scored, since a request states its task at its start or end
SEGMENT_LEAST, SEGMENT_MOST = 6, 64  # tokens of a segment; four features a token sum up in one register (below)
GRAMS = 4  # the most features of a token
DAMPING = 8.0  # features added to a segment's number, so that two words do not weigh as much as a sentence
# exponents of the number of segments in what stands for the default subject and form (groups of sources left out)
SUBJECT_GROWTH, FORM_GROWTH = 0.3, 1.0
LEAST_OF_TARGETS = 0.5  # share of all that speaks for target names, below which the strongest is unclear
STEM = 5  # letters of a longer word that are a feature
GAP_BYTES = 8  # bytes between two tokens that are read

_SIGNS, _EVEN = np.uint64(0x8080808080808080), np.uint64(0x00FF00FF00FF00FF)
_U2, _U7, _U8, _U56, _U57 = (np.uint64(n) for n in (2, 7, 8, 56, 57))
_ZERO, _ONE, _BYTE, _QUARTER, _EVERY = (np.uint64(n) for n in (0, 1, 0xFF, 0xFFFF, 0xFFFFFFFFFFFFFFFF))
# what keeps these features apart from words
_GAP, _SHAPE, _STEM = np.uint64(0xA5A5000000000001), np.uint64(0x5A5A000000000001), np.uint64(0x9696000000000001)
_SPACE, _TAB, _RETURN, _BREAK = 32, 9, 13, 10
_WIDE_STOPS = (0xE38082, 0xEFBC81, 0xEFBC9F)  # the full stop, exclamation mark and question mark of Chinese
_NUMBER, _NAME, _CAMEL, _CAPITALS = 1, 6, 7, 8  # shapes; numbers of one to four and more digits are 1 to 5

Scores = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]


class Model(NamedTuple):
    """The arrays of the shipped model."""

    weights: npt.NDArray[np.int8]
    """(2^BUCKET_BITS, LANES): the amount that a feature in a bucket adds to each score, in units of `scale`."""
    scale: Floats
    """(LANES,): the unit of the weights of each score."""
    bias: Floats
    """(LANES,): the score of a segment without features."""
    feature_weights: Octets
    """(2, 2^BUCKET_BITS): the weight of a 1-gram or 2-gram in content features, 0 for common words."""


class Namer(NamedTuple):
    """The model and the buffers with which one thread names one text at a time."""

    model: Model
    rows: Words
    """(2^BUCKET_BITS, LANES / 8): the weights, eight in a word."""
    codes: Words
    """(GRAMS,): features of one token."""
    sums: Scores
    """(LANES,): sums of one segment."""
    totals: Floats
    """(LANES,): exponentials summed over segments."""


@cache
def load_model() -> Model:
    """Returns the model of this version; a process reads it once."""
    with np.load(WEIGHTS_FILE, allow_pickle=False) as arrays:
        return Model(*(arrays[name] for name in Model._fields))


def make_namer(model: Model) -> Namer:
    """Returns a namer with its own buffers."""
    return Namer(
        model, model.weights.view(np.uint64), np.zeros(GRAMS, np.uint64), np.zeros(LANES, np.int32), np.zeros(LANES)
    )


def model_digest(model: Model) -> str:
    """Returns the SHA-256 digest over the arrays in order; the model card states it."""
    return sha256(b"".join(np.ascontiguousarray(array).tobytes() for array in model)).hexdigest()


@compiled
def scored_run(count: int, run: int) -> tuple[int, int]:
    """Returns the first and last token (excluded) of the first (`run` 0) or second scored part of `count` tokens."""
    if count <= HEAD_TOKENS + TAIL_TOKENS:
        return (0, count) if run == 0 else (count, count)
    return (0, HEAD_TOKENS) if run == 0 else (count - TAIL_TOKENS, count)


@compiled
def token_codes(data: Octets, tokens: Tokens, index: int, first: int, end: int, codes: Words) -> tuple[int, bool]:
    """Writes the hashes of a token's features to `codes` (GRAMS,).

    `first` is the first token of its segment, `end` the byte at which the next token or nothing follows. Returns the
    number of features, and whether a sentence or a line ends after the token.
    """
    # Which features a token has cannot be predicted: each is written, and the next one over it where it is none.
    word = tokens.hashes[index]
    codes[0] = word
    codes[1] = pair(tokens.hashes[max(index - 1, 0)], word)
    found = 1 + int(index > first)
    start, stop = tokens.starts[index], tokens.ends[index]
    shape, letters = _shape(data, start, stop)
    stem = _stem(data, start, letters)
    codes[found] = mix(_SHAPE + np.uint64(shape) if shape > 0 else _STEM ^ stem)
    found += int(shape > 0 or stop - start > _stem_bytes(data[start]))
    gap, ends = _gap(data, stop, min(end, stop + GAP_BYTES))
    codes[found] = mix(_GAP ^ gap)
    found += int(gap != _ZERO)
    return found, ends


@compiled
def segment_ends(length: int, ends: bool) -> bool:
    """Returns whether a segment of `length` tokens ends, where `ends` tells whether a sentence or a line does."""
    return length >= SEGMENT_MOST or (ends and length >= SEGMENT_LEAST)


@compiled
def _shape(data: Octets, start: int, stop: int) -> tuple[int, np.uint64]:
    """Returns the shape of a token by its first 24 bytes (0: none), and its first eight bytes in lower case."""
    last = min(stop, start + 24)
    digits, capitals, signs, others, humps = _ZERO, _ZERO, _ZERO, _ZERO, _ZERO
    first, several, before = _ZERO, _ZERO, _ZERO
    for position in range(start, last, 8):
        octets, places = up_to_eight(data, position, last)
        seven, ascii_ = octets & LOWS, ~octets & places
        number, capital = between(seven, 48, 57) & ascii_, between(seven, 65, 90) & ascii_
        small, sign = between(seven, 97, 122) & ascii_, between(seven, 95, 95) & ascii_
        several |= (capital & (capital - _ONE)) | (capital if capitals != _ZERO else _ZERO)
        humps |= capital & ((small << _U8) | before)
        digits, capitals, signs = digits | number, capitals | capital, signs | sign
        others |= places & ~(number | capital | sign)
        before = small >> _U56
        if position == start:
            first = octets | (capital >> _U2)  # lower case adds 0x80 >> 2
    if others | capitals | signs == _ZERO:
        return _NUMBER + min(last - start, 5) - 1, first
    if digits | signs != _ZERO:
        return _NAME, first
    if humps != _ZERO:
        return _CAMEL, first
    return (_CAPITALS if several != _ZERO and others == _ZERO else 0), first


@compiled
def _stem_bytes(first: int) -> int:
    return STEM if first < 128 else 2 * STEM  # of two-byte letters as many


@compiled
def _stem(data: Octets, start: int, letters: np.uint64) -> np.uint64:
    # The first letters of a long word, so that its other forms are known too; letters of more bytes share 8 bytes.
    word = _ZERO
    if data[start] < 128:
        for place in range(STEM):
            word = (word << _U7) ^ ((letters >> np.uint64(8 * place)) & _BYTE)
        return word
    for position in range(start, min(start + 2 * STEM, len(data))):
        byte = FOLD[data[position]]
        word = (word << _U7 | word >> _U57) ^ np.uint64(data[position] if byte == 0 else byte)
    return word


@compiled
def _gap(data: Octets, start: int, stop: int) -> tuple[np.uint64, bool]:
    # Several spaces or line breaks count as one. One space alone, the usual gap, is no feature.
    word, ends, before = _ZERO, False, 0
    if stop - start == 1 and data[start] == _SPACE:
        return word, ends
    for position in range(start, stop):
        byte = int(data[position])
        if byte in (_TAB, _RETURN):
            byte = _SPACE
        if byte == before and byte in (_SPACE, _BREAK):
            continue
        word = (word << _U8) | np.uint64(byte)
        full_stop = before == 46 or before == 63 or before == 33  # . ? !
        wide = np.int64(word & np.uint64(0xFFFFFF))
        stops = wide == _WIDE_STOPS[0] or wide == _WIDE_STOPS[1] or wide == _WIDE_STOPS[2]
        ends = ends or byte == _BREAK or (byte == _SPACE and full_stop) or stops
        before = byte
    return (_ZERO, False) if word == np.uint64(_SPACE) else (word, ends)


@compiled
def name_text(data: Octets, stop: int, tokens: Tokens, count: int, namer: Namer) -> tuple[int, int]:
    """Returns the codes of subject and form of a text, whose bytes end at `stop` and which has `count` tokens."""
    namer.totals[:] = 0.0
    segments = 0
    for run in range(2):
        begin, last = scored_run(count, run)
        while begin < last:
            begin = _add_segment(data, stop, tokens, begin, last, namer)
            segments += 1
    namer.totals[NAMED_SUBJECTS - 1] = float(segments) ** SUBJECT_GROWTH
    namer.totals[NAMED_SUBJECTS] = float(segments) ** FORM_GROWTH
    subject = _strongest(namer.totals, 0, NAMED_SUBJECTS, NAMED_SUBJECTS - 1)
    return subject, _strongest(namer.totals, NAMED_SUBJECTS, SCORES, NAMED_SUBJECTS)


@compiled
def _add_segment(data: Octets, stop: int, tokens: Tokens, first: int, last: int, namer: Namer) -> int:
    # Sixteen weights are two 64-bit words. Each weight is made positive by adding 128. The even and the odd bytes of a
    # word are summed four at a time in one register, in fields of 16 bits, each of which can hold the sum of 257 bytes.
    low_even, low_odd, high_even, high_odd = _ZERO, _ZERO, _ZERO, _ZERO
    codes, rows = namer.codes, namer.rows  # accessed once, since each access counts references
    grams, index, ended = 0, first, False
    while index < last and not ended:
        end = tokens.starts[index + 1] if index + 1 < last else stop
        found, ends = token_codes(data, tokens, index, first, end, codes)
        for place in range(GRAMS):  # always as many, since how many there are cannot be predicted
            row, given = bucket_of(codes[place]), _EVERY if place < found else _ZERO
            low, high = (rows[row, 0] ^ _SIGNS) & given, (rows[row, 1] ^ _SIGNS) & given
            low_even, low_odd = low_even + (low & _EVEN), low_odd + ((low >> _U8) & _EVEN)
            high_even, high_odd = high_even + (high & _EVEN), high_odd + ((high >> _U8) & _EVEN)
        grams += found
        index += 1
        ended = segment_ends(index - first, ends)
    sums = namer.sums
    for place, word in enumerate((low_even, low_odd, high_even, high_odd)):
        _spread(word, grams, place, sums)
    _add_scores(namer, grams)
    return index


@compiled
def _spread(word: np.uint64, grams: int, place: int, sums: Scores) -> None:
    for quarter in range(4):
        lane = 8 * (place // 2) + 2 * quarter + place % 2
        sums[lane] = np.int64((word >> np.uint64(16 * quarter)) & _QUARTER) - 128 * grams


@compiled
def _add_scores(namer: Namer, grams: int) -> None:
    # The features of a segment depend on one another, so that their sum is divided by the root of their number.
    damping = 1.0 / sqrt(grams + DAMPING)
    for lane in range(SCORES):
        score = namer.model.bias[lane] + namer.model.scale[lane] * namer.sums[lane] * damping
        namer.totals[lane] += exp(score)


@compiled
def _strongest(totals: Floats, first: int, last: int, default: int) -> int:
    """Returns the place of an axis' name among its lanes `first`…`last` - 1; `last - first` stands for unclear."""
    best, targets = -1, 0.0
    for lane in range(first, last):
        if lane != default:
            targets += totals[lane]
            if best < 0 or totals[lane] > totals[best]:
                best = lane
    if totals[default] >= targets:
        return default - first
    return best - first if totals[best] >= LEAST_OF_TARGETS * targets else last - first
