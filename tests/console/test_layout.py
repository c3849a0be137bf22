"""Every account and value has a place, the same for the same network, and the bytes say what was laid out."""

from __future__ import annotations

import struct

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from stillwatch.console import layout

held = st.integers(1, 8).flatmap(
    lambda hubs: st.tuples(
        st.just(hubs),
        st.lists(st.sets(st.integers(0, hubs - 1), max_size=4).map(lambda one: tuple(sorted(one))), max_size=60),
    )
)


@given(held)
@settings(deadline=None)
def test_accounts_have_distinct_finite_places(case: tuple[int, list[tuple[int, ...]]]) -> None:
    hubs, mine = case
    places = layout.laid_out(mine, hubs)
    assert places.shape == (len(mine), 2)
    assert np.isfinite(places).all()
    assert len({tuple(one) for one in places.tolist()}) == len(mine)
    assert (places == layout.laid_out(mine, hubs)).all()


@given(held)
@settings(deadline=None)
def test_the_bytes_hold_all_of_it(case: tuple[int, list[tuple[int, ...]]]) -> None:
    hubs, mine = case
    levels = [("act", "review", "watch", None)[number % 4] for number in range(len(mine))]
    raw = layout.packed(mine, levels, [f"family-{number % 7}" for number in range(hubs)])
    magic, accounts, drawn, lines = struct.unpack_from("<8sIII", raw)
    assert (magic, accounts, drawn, lines) == (layout.MAGIC, len(mine), hubs, sum(map(len, mine)))
    at = 20 + 8 * (accounts + drawn)
    assert np.allclose(np.frombuffer(raw, "<f4", 2 * accounts, 20).reshape(-1, 2), layout.laid_out(mine, hubs))
    marks = raw[at : at + accounts + drawn]
    assert [layout._LEVELS[one] for one in marks[:accounts]] == levels
    at += -(-(accounts + drawn) // 4) * 4
    pairs = np.frombuffer(raw, "<u4", 2 * lines, at).reshape(-1, 2).tolist()
    assert pairs == [[account, hub] for account, values in enumerate(mine) for hub in values]
    assert len(raw) == at + 8 * lines


def test_accounts_that_hold_the_same_stand_together() -> None:
    mine = [(0,)] * 200 + [(4,)] * 200
    places = layout.laid_out(mine, 8)
    one, other = places[:200], places[200:]
    radius = max(np.hypot(*(cloud - cloud.mean(axis=0)).T).max() for cloud in (one, other))
    assert np.hypot(*(one.mean(axis=0) - other.mean(axis=0))) > 2 * radius


def test_links_to_other_values_are_left_out() -> None:
    links = pa.table({"account_id": ["a", "a", "b", "x"], "value_id": ["v", "w", "w", "v"]})
    assert layout.held(["a", "b", "c"], links, {"w": 0}) == [(0,), (0,), ()]


def test_twenty_five_thousand_accounts_are_laid_out() -> None:
    draw = np.random.default_rng(7)
    mine = [tuple(sorted(set(draw.integers(0, 40, draw.integers(0, 5)).tolist()))) for _ in range(25_000)]
    places = layout.laid_out(mine, 40)
    assert np.isfinite(places).all()
    assert np.abs(places).max() < 10_000
