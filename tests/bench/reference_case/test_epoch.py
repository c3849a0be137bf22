"""An epoch after an added hour: nothing of the log is lost between the state and the hour, and each step is shown,
and what was kept changes no table."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.dataset as ds
from bench.watch import epoch

from bench.reference_case import world


def test_the_hour_is_the_newest_exchanges_and_the_state_all_others(tiny: world.Plan, tmp_path: Path) -> None:
    old, added = epoch.parted(tiny.exchanges, tmp_path)
    every = ds.dataset(tiny.exchanges).to_table(columns=["started_at"])["started_at"]
    kept, fresh = (ds.dataset([*paths]).to_table(columns=["started_at"])["started_at"] for paths in (old, [added]))
    assert len(kept) + len(fresh) == len(every)
    assert 0 < len(fresh) < len(kept)
    assert pc.max(kept).as_py() < pc.min(fresh).as_py()
    assert pc.max(every).as_py() - pc.min(fresh).as_py() <= epoch.HOUR


def test_each_step_is_shown_and_nothing_differs(tiny: world.Plan) -> None:
    shown = list(epoch.lines(Namespace(world=tiny.folder, threads=1)))
    for step, times in (
        ("first epoch", 1),
        ("an hour is added", 1),
        ("epoch after it", 1),
        ("the same", 1),
        ("link", 3),
    ):
        found = [line for line in shown if line.strip().startswith(step)]
        assert len(found) == times and all(float(line.split()[-1]) >= 0 for line in found)
    (compared,) = (line for line in shown if line.startswith("tables that differ"))
    assert "none of" in compared
    assert not list(tiny.folder.parent.glob("stillwatch-epoch-*"))
