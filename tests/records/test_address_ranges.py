"""Address data of a provider: read whole or refused with the line at fault, and looked up as a person would."""

from __future__ import annotations

import gzip
import random
from ipaddress import IPv4Address
from pathlib import Path

import pyarrow as pa
import pytest

from stillwatch.errors import InputError
from stillwatch.records.address_columns import address_words
from stillwatch.records.address_ranges import read_countries, read_lists

COUNTRIES = """first,last,country
203.0.113.0,203.0.113.255,aa
2001:db8::,2001:db8:ffff:ffff:ffff:ffff:ffff:ffff,DD
"""


@pytest.mark.parametrize("seed", range(20))
def test_the_innermost_range_counts(seed: int, tmp_path: Path) -> None:
    draw, begin = random.Random(seed), int(IPv4Address("203.0.113.0"))
    inner: list[tuple[int, int]] = [(0, 255)]
    for _ in range(12):  # ranges inside one another, or apart
        first, last = draw.choice(inner)
        one, other = sorted(draw.sample(range(first, last + 1), 2)) if last > first else (first, last)
        if all(other < a or b < one or (a <= one and other <= b) for a, b in inner) and (one, other) not in inner:
            inner.append((one, other))
    rows = [f"{IPv4Address(begin + a)},{IPv4Address(begin + b)},{chr(65 + n)}X" for n, (a, b) in enumerate(inner)]
    draw.shuffle(rows)
    (tmp_path / "x.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    asked = [str(IPv4Address(begin + n)) for n in range(256)]
    found = read_countries(tmp_path / "x.csv").names_of(address_words(pa.array(asked), 0))
    for n in range(256):
        place = max(
            (one for one in range(len(inner)) if inner[one][0] <= n <= inner[one][1]),
            key=lambda p: -(inner[p][1] - inner[p][0]),
        )
        assert found[n] == f"{chr(65 + place)}X", n


def test_both_versions_of_addresses_and_packed_files_are_read(tmp_path: Path) -> None:
    path = tmp_path / "countries.csv.gz"
    path.write_bytes(gzip.compress(COUNTRIES.encode()))
    words = address_words(pa.array(["2001:db8:1::7", "2001:db9::1", "203.0.113.255", "203.0.114.0", "nonsense"]), 0)
    assert read_countries(path).names_of(words).tolist() == ["DD", None, "AA", None, None]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("203.0.113.0,203.0.113.255,AA\n203.0.113.0,AA\n", "line 2"),
        ("203.0.113.9,203.0.113.1,AA\n", "no range goes from"),
        ("203.0.113.9,2001:db8::1,AA\n", "no range goes from"),
        ("a,b,c\nd,e,f\n", "line 2"),
    ],
)
def test_address_data_at_fault_is_named(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=said):
        read_countries(tmp_path / "x.csv")


def test_lists_at_fault_are_named(tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text("10.0.0.0/8\nten\n", encoding="utf-8")
    with pytest.raises(InputError, match="line 2"):
        read_lists([tmp_path / "x.txt"])
    (tmp_path / "x.gz").write_bytes(b"\x1f\x8bbroken")
    with pytest.raises(InputError, match="cannot be read"):
        read_lists([tmp_path / "x.gz"])
    with pytest.raises(InputError, match="cannot be read"):
        read_countries(tmp_path / "missing.csv")
