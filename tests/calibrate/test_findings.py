"""Which streams hold, which bounds follow, and which sentences say so, on calibrations made by hand."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from stillwatch.calibrate.bounds import upper_bound
from stillwatch.calibrate.bundles import Expected
from stillwatch.calibrate.findings import (
    NOTHING,
    Calibration,
    Found,
    Stream,
)
from stillwatch.calibrate.sentences import CANNOT_SHOW, sentences
from stillwatch.calibrate.terminal import render, write
from stillwatch.job import Inputs, resolve
from stillwatch.runs.folder import MARKER


def found(accounts: int = 1_000, networks: int = 0, **accused: int) -> Found:
    """A scan in which every level named has one campaign of that many accounts."""
    levels = ("act", "review", "watch")
    return Found(
        accounts,
        networks,
        10 * networks,
        {level: int(level in accused) for level in levels},
        {level: accused.get(level, 0) for level in levels},
    )


def stream(expected: Expected, what: Found, name: str = "s") -> Stream:
    return Stream(name, 1, expected, "something was cut", what)


def calibration(*streams: Stream) -> Calibration:
    return Calibration(1, found(networks=2, act=30), 40, streams)


@pytest.mark.parametrize(
    ("expected", "what", "holds"),
    [
        ("no network", found(), True),
        ("no network", found(networks=1), False),
        ("no network", found(watch=1), False),
        ("no campaign", found(networks=9), True),
        ("no campaign", found(watch=1), False),
        ("no campaign at act", found(networks=9, review=9), True),
        ("no campaign at act", found(act=1), False),
        ("reported only", found(networks=9, act=9), True),
    ],
)
def test_what_holds(expected: Expected, what: Found, holds: bool) -> None:
    assert stream(expected, what).holds is holds


def test_bounds_are_cumulative_over_levels() -> None:
    one = stream("no campaign at act", found(act=2, review=3))
    assert one.bound_per_100k("act") == pytest.approx(1e5 * upper_bound(2, 1_000))
    assert one.bound_per_100k("review") == one.bound_per_100k("watch") == pytest.approx(1e5 * upper_bound(5, 1_000))


def test_the_bound_is_the_worst_and_never_pooled() -> None:
    large, half = stream("no network", found()), stream("no campaign at act", found(500))
    assert calibration(large, half).bound_per_100k("act") == large.bound_per_100k("act"), (
        "a small stream that accuses nobody adds nothing"
    )
    bad = stream("no campaign at act", found(500, act=5))
    assert calibration(large, bad, large).bound_per_100k("act") == bad.bound_per_100k("act")
    reported = stream("reported only", found(act=900))
    assert calibration(large, reported).bound_per_100k("act") == large.bound_per_100k("act")
    assert calibration(reported).bound_per_100k("act") == 1e5, "nothing was tested"


def test_streams_bound_counts_streams() -> None:
    clean = [stream("no network", found())] * 9
    assert calibration(*clean).stream_bound() == pytest.approx(upper_bound(0, 9))
    assert calibration(*clean, stream("no campaign at act", found(act=1))).stream_bound() == pytest.approx(
        upper_bound(1, 10)
    )


def test_sentences_name_each_failure_and_what_accusations_depend_on() -> None:
    said = sentences(
        calibration(
            stream("no network", found(networks=3), "everything"),
            stream("no campaign", found(review=4), "questions"),
            stream("no campaign at act", found(act=5), "unaccused"),
            stream("no campaign at act", found(watch=6), "first half"),
            stream("reported only", found(act=7), "infrastructure"),
        )
    )
    assert said[0].startswith("3 of 4 streams with a requirement failed")
    assert "3 networks of 30 accounts" in said[1]
    assert "1 campaign at review" in said[2]
    assert "1 campaign at act" in said[3]
    assert "`first half`" in said[4]
    assert "accuses 30 accounts. It accuses 7 when something was cut (`infrastructure`)." in said[5]
    assert "upper bound" in said[6]
    held = sentences(calibration(stream("no network", found())))
    assert held[0].startswith("All 1 streams with a requirement passed")


def test_a_scan_that_accused_nobody_says_so() -> None:
    quiet = Calibration(1, NOTHING, 0, (stream("reported only", NOTHING),))
    assert any("accused nobody" in sentence for sentence in sentences(quiet))


def test_files_and_terminal_say_the_same(tmp_path: Path) -> None:
    made = calibration(stream("no network", found()), stream("reported only", found(act=7), "infrastructure"))
    write(made, resolve(Inputs()), tmp_path / "out")
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"calibration.json", "calibration.txt", MARKER}
    written = json.loads((tmp_path / "out" / "calibration.json").read_text())
    assert written == json.loads(json.dumps(made.as_dict()))
    assert (written["holds"], len(written["streams"])) == (True, 2)
    shown = StringIO()
    render(made, Console(file=shown, width=110, highlight=False))
    assert shown.getvalue() == (tmp_path / "out" / "calibration.txt").read_text()
    words = " ".join(shown.getvalue().split())
    for sentence in (*sentences(made), *CANNOT_SHOW):
        assert sentence in words
