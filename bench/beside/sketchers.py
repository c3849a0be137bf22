"""Sketchers of texts: Stillwatch's kernel, its MinHash alone, datasketch and rensa, each by its fastest functions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from bench.beside.texts import shingles_of
from stillwatch.key import load_key
from stillwatch.records.buffers import Texts, texts_of
from stillwatch.records.compiled import compiled
from stillwatch.records.sketches import FEATURES
from stillwatch.sketch.shingles import (
    STORED_BINS,
    STORED_BYTES,
    make_shingles,
    minhash_bins,
    pack_bins,
    pair_up,
)
from stillwatch.sketch.siphash import Octets, sip_word
from stillwatch.sketch.text import (
    Workspace,
    make_workspace,
    read_document,
    sketch_texts,
)

OURS = "stillwatch"
SEED = 1  # of the other libraries' permutations
OFTEN = 128  # permutations: the default, or the number in the documentation, of both libraries
CHANCE = 1 / 16  # that two bins of four bits agree for unlike texts
Signatures = NDArray[Any]
"""Shape (texts, permutations or bins)."""
Shingled = Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Sketcher:
    """One method to make signatures from texts."""

    name: str
    library: str
    computes: str
    signature_bytes: int
    sketch: Callable[[pa.Array], Any]
    """The function from texts to the library's objects; it makes the shingles as well."""
    given: Callable[[Shingled], Any] | None
    """The function from shingles to the library's objects; None if the library makes its own shingles."""
    signatures: Callable[[Any], Signatures]
    """The function from the library's objects to signatures, for comparison; it is not timed."""
    chance: float = 0.0
    """The chance that a column of two unlike texts agrees."""

    def similarity(self, signatures: Signatures, left: NDArray[np.int64], right: NDArray[np.int64]) -> Signatures:
        """The estimate of each pair's Jaccard similarity: the share of equal columns, corrected for chance."""
        agreeing = (signatures[left] == signatures[right]).mean(axis=1)
        return np.asarray((agreeing - self.chance) / (1 - self.chance))


def sketchers() -> tuple[Sketcher, ...]:
    """All sketchers, Stillwatch's first; imports the other libraries."""
    everything = f"payload, head, tail, SimHash, MinHash of {STORED_BINS} bins, {FEATURES} features, names"
    alone = f"one-permutation MinHash, {STORED_BINS} bins of 4 bits, keyed"
    return (
        Sketcher("every text sketch", OURS, everything, STORED_BYTES, _every_sketch, None, unpacked, CHANCE),
        Sketcher("MinHash alone", OURS, alone, STORED_BYTES, _minhash_alone, None, unpacked, CHANCE),
        *(_datasketch(count) for count in (STORED_BINS, OFTEN)),
        *(made(count) for count in (STORED_BINS, OFTEN) for made in (_rensa_r, _rensa_c)),
    )


@cache
def _workspace() -> Workspace:
    return make_workspace(load_key(None))


def unpacked(packed: Octets) -> Signatures:
    """Stored bins (texts, STORED_BYTES) with one column per bin (texts, STORED_BINS)."""
    return np.stack([packed & 15, packed >> 4], axis=2).reshape(len(packed), -1)


def _every_sketch(texts: pa.Array) -> Octets:
    return sketch_texts(texts_of(texts), _workspace()).minhash


def _minhash_alone(texts: pa.Array) -> Octets:
    out = np.zeros((len(texts), STORED_BYTES), np.uint8)
    _minhash_all(texts_of(texts), _workspace(), out)
    return out


@compiled
def _minhash_all(texts: Texts, workspace: Workspace, out: Octets) -> None:
    for index in range(len(texts.present)):
        count = read_document(texts, index, workspace.tokens)
        if count > 0:
            for place in range(count):
                workspace.keyed[place] = sip_word(workspace.keys.token, workspace.tokens.hashes[place])
            pair_up(workspace.keyed, count, workspace.pairs)
            shingles = make_shingles(workspace.keyed, workspace.pairs, count, workspace.shingles)
            minhash_bins(workspace.shingles, shingles, 5, workspace.bins)
            pack_bins(workspace.bins, out[index])


def _from_texts(given: Callable[[Shingled], Any]) -> Callable[[pa.Array], Any]:
    return lambda texts: given([shingles_of(text) for text in texts.to_pylist()])


def _datasketch(count: int) -> Sketcher:
    from datasketch import MinHash

    def given(shingled: Shingled) -> list[Any]:
        encoded = ([shingle.encode() for shingle in shingles] for shingles in shingled)
        return list(MinHash.generator(encoded, num_perm=count, seed=SEED))

    def signatures(made: Iterable[Any]) -> Signatures:
        return np.stack([one.hashvalues for one in made])

    computes = f"MinHash, {count} permutations of 32-bit SHA-1"
    return Sketcher(f"MinHash {count}", "datasketch", computes, 4 * count, _from_texts(given), given, signatures)


def _rensa_r(count: int) -> Sketcher:
    import rensa

    def given(shingled: Shingled) -> Any:
        return rensa.RMinHash.digest_matrix_from_token_sets(shingled, count, SEED)

    def signatures(made: Any) -> Signatures:
        return np.array(made.to_rows(), np.uint32)

    computes = f"R-MinHash, {count} permutations, 32-bit digests"
    return Sketcher(f"R-MinHash {count}", "rensa", computes, 4 * count, _from_texts(given), given, signatures)


def _rensa_c(count: int) -> Sketcher:
    import rensa

    def given(shingled: Shingled) -> Any:
        return rensa.CMinHash.digests_from_token_sets(shingled, count, SEED)

    def signatures(made: Any) -> Signatures:
        return np.array(made, np.uint32)

    computes = f"C-MinHash, {count} permutations, 32-bit digests"
    return Sketcher(f"C-MinHash {count}", "rensa", computes, 4 * count, _from_texts(given), given, signatures)
