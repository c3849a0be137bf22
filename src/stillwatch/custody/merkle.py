"""Merkle trees of RFC 6962: the hash of a list that grows only at its end, and proofs about it.

A proof of inclusion shows that an entry stands at its place, a proof of consistency that a later list begins with all
of an earlier one. All hashes are SHA-256, 32 bytes. RFC 9162 gives the algorithms of both checks.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

EMPTY = sha256(b"").digest()
"""The root of a tree without entries."""


def leaf_hash(entry: bytes) -> bytes:
    """The hash of one entry."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node; its prefix keeps it apart from every entry."""
    return sha256(b"\x01" + left + right).digest()


@dataclass(slots=True)
class Frontier:
    """A tree that only grows: its size, and the roots of the complete subtrees that it consists of, largest first."""

    size: int = 0
    peaks: list[bytes] = field(default_factory=list)

    def add(self, leaves: Iterable[bytes]) -> Frontier:
        """Appends hashes of entries, and returns itself."""
        for leaf in leaves:
            self.size += 1
            low, node = self.size, leaf
            while low % 2 == 0:
                node = node_hash(self.peaks.pop(), node)
                low //= 2
            self.peaks.append(node)
        return self

    def root(self) -> bytes:
        """The root of the whole tree."""
        if not self.peaks:
            return EMPTY
        node = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            node = node_hash(peak, node)
        return node


def frontier(size: int, peaks: Iterable[bytes]) -> Frontier | None:
    """The tree of that size with these complete subtrees; None where a tree of that size has another number of them."""
    found = list(peaks)
    return Frontier(size, found) if size >= 0 and len(found) == size.bit_count() else None


def root(leaves: Iterable[bytes]) -> bytes:
    """The root over the hashes of all entries."""
    return Frontier().add(leaves).root()


def inclusion_proof(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """The hashes beside the way from the entry at `index` to the root, lowest first; raises IndexError beyond the end.

    Takes time in proportion to the number of entries.
    """
    if not 0 <= index < len(leaves):
        raise IndexError(f"a tree of {len(leaves)} entries has none at {index}")
    if len(leaves) == 1:
        return []
    half = _split(len(leaves))
    if index < half:
        return [*inclusion_proof(leaves[:half], index), root(leaves[half:])]
    return [*inclusion_proof(leaves[half:], index - half), root(leaves[:half])]


def includes(leaf: bytes, index: int, size: int, proof: Sequence[bytes], stated: bytes) -> bool:
    """Whether the proof shows that the tree of this size and root holds `leaf` at `index`."""
    if not 0 <= index < size:
        return False
    place, last, node = index, size - 1, leaf
    for other in proof:
        if last == 0:
            return False
        if place % 2 or place == last:
            node = node_hash(other, node)
            while place % 2 == 0 and place:
                place, last = place >> 1, last >> 1
        else:
            node = node_hash(node, other)
        place, last = place >> 1, last >> 1
    return last == 0 and node == stated


def consistency_proof(leaves: Sequence[bytes], earlier: int) -> list[bytes]:
    """The hashes that show that the first `earlier` entries are still there; raises IndexError beyond the end."""
    if not 0 <= earlier <= len(leaves):
        raise IndexError(f"a tree of {len(leaves)} entries was never {earlier} long")
    return [] if earlier in (0, len(leaves)) else _consistency(leaves, earlier, True)


def _consistency(leaves: Sequence[bytes], earlier: int, whole: bool) -> list[bytes]:
    if earlier == len(leaves):
        return [] if whole else [root(leaves)]
    half = _split(len(leaves))
    if earlier <= half:
        return [*_consistency(leaves[:half], earlier, whole), root(leaves[half:])]
    return [*_consistency(leaves[half:], earlier - half, False), root(leaves[:half])]


def grew(earlier: tuple[int, bytes], later: tuple[int, bytes], proof: Sequence[bytes]) -> bool:
    """Whether the proof shows that the later tree (size, root) begins with all entries of the earlier one."""
    (before, first_root), (after, second_root) = earlier, later
    if before in (0, after):
        known = first_root == EMPTY if before == 0 else first_root == second_root
        return known and not proof
    if not 0 < before < after or not proof:
        return False
    hashes = [first_root, *proof] if before.bit_count() == 1 else list(proof)
    place, last = before - 1, after - 1
    while place % 2:
        place, last = place >> 1, last >> 1
    old = new = hashes[0]
    for other in hashes[1:]:
        if last == 0:
            return False
        if place % 2 or place == last:
            old, new = node_hash(other, old), node_hash(other, new)
            while place % 2 == 0 and place:
                place, last = place >> 1, last >> 1
        else:
            new = node_hash(new, other)
        place, last = place >> 1, last >> 1
    return last == 0 and old == first_root and new == second_root


def _split(size: int) -> int:
    """The largest power of two below `size`."""
    return 1 << (size - 1).bit_length() - 1
