"""Merkle trees give the hashes of Certificate Transparency, and every proof holds for its own tree alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.custody import merkle

# the test vectors of github.com/google/certificate-transparency (RFC 6962): eight entries, the root after each
ENTRIES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
LEAVES = [merkle.leaf_hash(bytes.fromhex(entry)) for entry in ENTRIES]
MANY = [merkle.leaf_hash(f"{number}".encode()) for number in range(130)]


@pytest.mark.parametrize("size", range(1, 9))
def test_roots_are_those_of_certificate_transparency(size: int) -> None:
    assert merkle.root(LEAVES[:size]).hex() == ROOTS[size - 1]


def test_a_tree_without_entries() -> None:
    assert merkle.root([]) == merkle.EMPTY
    assert merkle.grew((0, merkle.EMPTY), (5, merkle.root(LEAVES[:5])), [])


@given(st.integers(1, 130), st.data())
def test_every_entry_is_included_at_its_place_alone(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    leaves = MANY[:size]
    proof, root = merkle.inclusion_proof(leaves, index), merkle.root(leaves)
    assert merkle.includes(leaves[index], index, size, proof, root)
    other = data.draw(st.integers(0, size + 3).filter(lambda one: one != index))
    assert not merkle.includes(leaves[index], other, size, proof, root)
    assert not merkle.includes(merkle.leaf_hash(b"another"), index, size, proof, root)
    assert not merkle.includes(leaves[index], index, size, [*proof, root], root)


@given(st.integers(0, 130), st.integers(0, 130))
def test_a_later_tree_holds_the_earlier_one(one: int, other: int) -> None:
    before, after = sorted((one, other))
    earlier, later = (before, merkle.root(MANY[:before])), (after, merkle.root(MANY[:after]))
    proof = merkle.consistency_proof(MANY[:after], before)
    assert merkle.grew(earlier, later, proof)
    if 0 < before < after:
        forged = [merkle.leaf_hash(b"forged"), *MANY[1:before]]
        assert not merkle.grew((before, merkle.root(forged)), later, proof)
        assert not merkle.grew(earlier, (after, merkle.root([*forged, *MANY[before:after]])), proof)
        assert not merkle.grew(earlier, later, proof[:-1])


@given(st.integers(0, 130), st.integers(0, 130))
def test_a_tree_goes_on_from_its_frontier(one: int, other: int) -> None:
    before, after = sorted((one, other))
    grown = merkle.Frontier().add(MANY[:before])
    resumed = merkle.frontier(before, grown.peaks)
    assert resumed is not None
    assert resumed.add(MANY[before:after]).root() == merkle.root(MANY[:after])


def test_a_frontier_of_the_wrong_length_is_none() -> None:
    assert merkle.frontier(5, [MANY[0]]) is None
    assert merkle.frontier(-1, []) is None


def test_places_beyond_the_end_are_refused() -> None:
    with pytest.raises(IndexError):
        merkle.inclusion_proof(LEAVES, 8)
    with pytest.raises(IndexError):
        merkle.consistency_proof(LEAVES, 9)
    assert not merkle.includes(LEAVES[0], 0, 0, [], merkle.EMPTY)
    assert not merkle.grew((9, b""), (8, merkle.root(LEAVES)), [LEAVES[0]])
