"""Computes all sketches of a text in one pass over the bytes of an Arrow column."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from stillwatch.key import Key
from stillwatch.records.buffers import Texts
from stillwatch.records.compiled import borrowed, compiled
from stillwatch.records.confusables import without_confusables
from stillwatch.records.sketches import FEATURES
from stillwatch.sketch.features import (
    Sample,
    make_sample,
    sample_grams,
    write_sample,
)
from stillwatch.sketch.frame import FRAME_TOKENS, frame_value
from stillwatch.sketch.naming import Namer, load_model, make_namer, name_text
from stillwatch.sketch.shingles import (
    STORED_BINS,
    STORED_BYTES,
    make_shingles,
    minhash_bins,
    pack_bins,
    pair_up,
    simhash,
)
from stillwatch.sketch.siphash import (
    Octets,
    Words,
    sip_absorb,
    sip_finish,
    sip_start,
    sip_word,
)
from stillwatch.sketch.tokens import (
    HEAD_BYTES,
    TAIL_BYTES,
    Tokens,
    make_tokens,
    tokenise,
)

FEATURE_BYTES = 4_096
"""Bytes at the end of a text that its features describe; the text before may repeat earlier turns of a conversation."""
HAS_TOKENS, HAS_FRAME = 1, 2  # bits of `TextSketches.filled`
FRAME_LEAST = 3  # least number of tokens of a text with a frame: "yes please" is no template

Shorts = npt.NDArray[np.int16]


class TextKeys(NamedTuple):
    """The sub-keys of four purposes, each of shape (2,)."""

    payload: Words
    head: Words
    tail: Words
    token: Words


class TextSketches(NamedTuple):
    """The sketches of n texts, by column, (n,) unless stated.

    The bits HAS_TOKENS and HAS_FRAME of `filled` say which sketches a text has.
    """

    filled: Octets
    payload: Words
    head: Words
    tail: Words
    simhash: Words
    minhash: Octets
    """(n, STORED_BYTES)"""
    features: Octets
    """(n, 4 * FEATURES)"""
    names: Shorts
    """(n, 2): codes of the subject and the form"""


class Workspace(NamedTuple):
    """The keys, the namer and the buffers with which one thread sketches one text at a time."""

    keys: TextKeys
    namer: Namer
    tokens: Tokens
    keyed: Words
    pairs: Words
    shingles: Words
    bins: Words
    sample: Sample


def make_workspace(key: Key) -> Workspace:
    """Returns a workspace with the model of this version; it takes about 7 MB."""
    keys = TextKeys(*(key.subkey(purpose) for purpose in ("payload", "head", "tail", "token")))
    tokens = make_tokens()
    size = len(tokens.hashes)
    keyed, pairs, shingles = (np.zeros(size, np.uint64) for _ in range(3))
    words = (keyed, pairs, shingles, np.zeros(STORED_BINS, np.uint64))
    return Workspace(keys, make_namer(load_model()), tokens, *words, make_sample())


def sketch_texts(texts: Texts, workspace: Workspace) -> TextSketches:
    """Returns the sketches of n texts; an absent text, and a text without tokens, has none."""
    count = len(texts.present)
    out = TextSketches(
        filled=np.zeros(count, np.uint8),
        payload=np.zeros(count, np.uint64),
        head=np.zeros(count, np.uint64),
        tail=np.zeros(count, np.uint64),
        simhash=np.zeros(count, np.uint64),
        minhash=np.zeros((count, STORED_BYTES), np.uint8),
        features=np.zeros((count, 4 * FEATURES), np.uint8),
        names=np.zeros((count, 2), np.int16),
    )
    _entry()(without_confusables(texts), workspace, out)
    return out


@cache
def _entry() -> Callable[[Texts, Workspace, TextSketches], None]:
    modules = sorted(Path(__file__).parent.glob("*.py"))
    sources = sha256(b"".join(path.read_bytes() for path in modules)).hexdigest()

    # The compiler's disk cache depends on this function and the variables it encloses, but not on the functions that it
    # calls in other files. It encloses a digest of them, so that an upgrade does not run kernels of an earlier version.
    def sketch_all(given: Texts, own: Workspace, made: TextSketches) -> None:
        texts, workspace, out = borrowed(given), borrowed(own), borrowed(made)
        for index in range(len(texts.present)):
            if texts.present[index] and len(sources) > 0:
                count = read_document(texts, index, workspace.tokens)
                if count > 0:
                    _sketch_one(texts, index, count, workspace, out)

    return compiled(sketch_all)


@compiled
def read_document(texts: Texts, index: int, tokens: Tokens) -> int:
    """Tokenises one text, whole up to 256 KiB, else its first 192 KiB and last 64 KiB; returns the number of tokens."""
    start, stop = texts.offsets[index], texts.offsets[index + 1]
    if stop - start <= HEAD_BYTES + TAIL_BYTES:
        return tokenise(texts.data, start, stop, tokens, 0)
    count = tokenise(texts.data, start, start + HEAD_BYTES, tokens, 0)
    return tokenise(texts.data, stop - TAIL_BYTES, stop, tokens, count)


@compiled
def _sketch_one(texts: Texts, index: int, count: int, workspace: Workspace, out: TextSketches) -> None:
    tokens, keyed = workspace.tokens, workspace.keyed
    stop = texts.offsets[index + 1]
    _key_tokens(workspace.keys.token, tokens.hashes, count, keyed)
    out.filled[index] = HAS_TOKENS
    out.payload[index] = _payload(tokens, count, workspace.keys.payload)
    if count >= FRAME_LEAST:
        out.filled[index] = HAS_TOKENS | HAS_FRAME
        out.head[index] = frame_value(texts.data, tokens, 0, min(count, FRAME_TOKENS), workspace.keys.head)
        out.tail[index] = frame_value(texts.data, tokens, max(count - FRAME_TOKENS, 0), count, workspace.keys.tail)
    pair_up(keyed, count, workspace.pairs)
    shingles = make_shingles(keyed, workspace.pairs, count, workspace.shingles)
    out.simhash[index] = simhash(workspace.shingles, shingles)
    minhash_bins(workspace.shingles, shingles, 5, workspace.bins)
    pack_bins(workspace.bins, out.minhash[index])
    first = _first_feature_token(tokens, count, stop)
    codes, last = tokens.hashes[first:count], keyed[first:count]
    sample_grams(codes, last, workspace.pairs[first:count], workspace.namer.model.feature_weights, workspace.sample)
    write_sample(workspace.sample, out.features[index])
    subject, form = name_text(texts.data, stop, tokens, count, workspace.namer)
    out.names[index, 0] = subject
    out.names[index, 1] = form


@compiled
def _key_tokens(key: Words, codes: Words, count: int, keyed: Words) -> None:
    for place in range(count):
        keyed[place] = sip_word(key, codes[place])


@compiled
def _payload(tokens: Tokens, count: int, key: Words) -> np.uint64:
    state = sip_start(key)
    for index in range(count):
        state = sip_absorb(state, tokens.hashes[index])
    return sip_finish(sip_absorb(state, np.uint64(count)))


@compiled
def _first_feature_token(tokens: Tokens, count: int, stop: int) -> int:
    index = count
    while index > 0 and tokens.starts[index - 1] >= stop - FEATURE_BYTES:
        index -= 1
    return min(index, count - 1)
