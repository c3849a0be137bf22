"""One walk finds what every path finds by itself, and counts what no path reads."""

from __future__ import annotations

import json
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from stillwatch.read.gateways.fields import Walk, fields_of
from stillwatch.read.gateways.paths import Path, parse_path

KEYS = st.sampled_from(["a", "b", "a.b", "b.a", "0", "1"])
RECORDS = st.dictionaries(
    KEYS,
    st.recursive(
        st.none() | st.integers(0, 9) | st.text(max_size=2),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3) | inner.map(json.dumps),
        max_leaves=12,
    ),
)
SEGMENTS = st.lists(st.sampled_from(["a", "b", '"a.b"', "0", "1", "*"]), min_size=1, max_size=4)


def paths_of(*texts: str) -> list[Path]:
    return [path for path in map(parse_path, texts) if path is not None]


def collected(record: dict[str, object], paths: list[Path], ignored: list[Path]) -> tuple[list[object], Counter[str]]:
    walk = Walk([None] * (len(paths) + 1), Counter())
    walk.through(record, fields_of(paths, ignored))
    return walk.found[:-1], walk.unknown


@given(RECORDS, st.lists(SEGMENTS, max_size=5, unique_by=tuple))
def test_one_walk_finds_what_each_path_finds(record: dict[str, object], segments: list[list[str]]) -> None:
    # a record's own keys are no numbers in any gateway, so that a path starts with a name
    paths = paths_of(*(".".join(["a", *one]) for one in segments))
    assert collected(record, paths, [])[0] == [path.find(record, {}) for path in paths]


def test_unknown_are_fields_that_no_path_reads_or_passes() -> None:
    record = {
        "read": {"inside": 1},
        "passed": {"read": 1, "unknown": {"inside": 1}, "ignored": 1},
        "text": json.dumps({"read": 1, "unknown": 1}),
        "list": [{"unknown": 1}],
        "ignored": {"inside": 1},
        "empty": "",
        "unknown": 0,
    }
    paths = paths_of("read", "passed.read", "text.read", "list.*.read")
    assert collected(record, paths, paths_of("ignored", "passed.ignored"))[1] == {
        "passed.unknown": 1,
        "text.unknown": 1,
        "unknown": 1,
    }


def test_below_a_field_that_is_read_whole_nothing_is_unknown() -> None:
    assert collected({"a": {"b": 1, "c": 2}}, paths_of("a", "a.b"), []) == ([{"b": 1, "c": 2}, 1], Counter())
