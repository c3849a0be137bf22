"""A log that is too large for memory is laid out by accounts on Spark as it is on DuckDB."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from stillwatch.engine.factory import open_engine
from stillwatch.link import segments
from stillwatch.settings import EngineSettings
from tests.link.test_segments import EACH, LAYOUTS, check_every_account_is_in_one_segment

pytestmark = [pytest.mark.spark, pytest.mark.usefixtures("spark")]


@pytest.mark.parametrize(("groups", "rewritten"), LAYOUTS)
def test_every_account_is_in_one_segment_whatever_it_is_called(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    groups: Sequence[tuple[str | None, str | None, int]],
    rewritten: bool,
) -> None:
    monkeypatch.setattr(segments, "ROWS", 2 * EACH)
    with open_engine(EngineSettings(name="spark", threads=2), tmp_path) as engine:
        check_every_account_is_in_one_segment(engine, groups, rewritten)
