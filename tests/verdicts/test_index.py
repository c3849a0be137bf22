"""The hash table holds every record where a search from its home comes past, and ends every search."""

from __future__ import annotations

from array import array

from hypothesis import given
from hypothesis import strategies as st

from stillwatch.verdicts.index import laid_out, repeated

# few different lower bits, so that many records have one home
hashes = st.lists(st.tuples(st.integers(0, 2**24 - 1), st.integers(0, 40)), max_size=60, unique=True)


@given(hashes)
def test_every_record_is_found_from_its_home(drawn: list[tuple[int, int]]) -> None:
    found = array("Q", [(mark << 40) | home for mark, home in drawn])
    places = array("Q", range(1, len(drawn) + 1))
    mask, table = laid_out(found, places)
    assert mask + 1 >= 2 * len(drawn)
    assert int((table != 0).sum()) == len(drawn)
    for one, place in zip(found, places, strict=True):
        at = one & mask
        while int(table[at]) != (one >> 40 << 40 | place):
            assert table[at] != 0, "an empty slot would have ended the search"
            at += 1
    assert table[-1] == 0, "a search for a stranger ends within the table"


def test_equal_hashes_are_paired() -> None:
    assert repeated(array("Q", [7, 3, 7, 9, 3]), array("Q", [10, 20, 30, 40, 50])) == [(20, 50), (10, 30)]
    assert repeated(array("Q"), array("Q")) == []
