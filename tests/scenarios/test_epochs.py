"""An epoch that uses what earlier ones computed gives the same tables, byte for byte, as a scan of everything.

The second route works on a copy of the same state, lineage included, and has no partial results.
"""

from __future__ import annotations

import filecmp
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from stillwatch import flow, link
from stillwatch.engine.duckdb import DuckDBEngine
from stillwatch.job import Job
from stillwatch.runs import state as states
from stillwatch.runs.compaction import compact
from stillwatch.runs.state import Reach, Watched
from stillwatch.runs.state_update import add_parts
from stillwatch.settings import EngineSettings, EvidenceSettings
from stillwatch.watch import epochs
from tests.scenarios.small_world import SmallWorld
from tests.scenarios.test_state import job_of

DAYS = timedelta(days=60)


@pytest.fixture
def job(world: SmallWorld, tmp_path: Path, hours: list[Path]) -> Job:
    """A job of a state that has had its first epoch."""
    found = job_of(world, tmp_path / "state")
    add(world, found, hours[0], hours[2])
    epoch(found, tmp_path / "first")
    assert found.state is not None
    epochs.adopt(found.state, tmp_path / "first")
    return found


def add(world: SmallWorld, job: Job, *logs: Path) -> None:
    """Adds logs to the state, however late their exchanges are."""
    assert job.state is not None
    for path in logs:
        folder = job.state.parent / f"made-{path.stem}"
        folder.mkdir()
        fresh = flow.sketch_apart(job_of(world, job.state, path), folder).fresh
        assert fresh is not None
        with states.opened(job.state) as state, DuckDBEngine(EngineSettings(threads=1), folder) as engine:
            add_parts(engine, state, [fresh], Watched(offsets={"logs": path.name}))


def epoch(job: Job, out: Path) -> None:
    assert job.state is not None
    with states.opened(job.state) as state:
        frozen = epochs.begin(state)
    epochs.find(job, frozen, out)


def check_same_as_whole(job: Job, folder: Path) -> None:
    """Makes an epoch in `folder`, and beside it a scan that knows nothing of earlier epochs."""
    folder.mkdir()
    epoch(job, folder / "epoch")
    assert job.state is not None
    with states.opened(job.state) as state:
        frozen = epochs.begin(state)
    flow.scan(replace(job, state=frozen), folder / "whole")
    names = sorted(path.name for path in (folder / "whole").glob("*.parquet"))
    _, unlike, absent = filecmp.cmpfiles(folder / "whole", folder / "epoch", names, shallow=False)
    assert len(names) > 20 and not unlike and not absent


def partials_of(job: Job) -> dict[str, bytes]:
    assert job.state is not None
    return {path.name: path.read_bytes() for path in (job.state / epochs.PARTIALS).iterdir()}


def test_late_exchanges_and_a_restart(world: SmallWorld, job: Job, tmp_path: Path, hours: list[Path]) -> None:
    assert len(partials_of(job)) == 1
    add(world, job, hours[1])
    check_same_as_whole(job_of(world, job.state), tmp_path / "late")
    assert len(states.load(tmp_path / "state").parts) == 3


def test_days_that_became_other_parts_or_were_dropped(
    job: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stillwatch.runs.compaction.FEW", 0)
    settled = states.load(tmp_path / "state").until
    with states.opened(tmp_path / "state") as state, DuckDBEngine(EngineSettings(threads=1), tmp_path) as engine:
        state = replace(state, watched=Watched(reach={"logs": Reach(settled, settled)}))
        assert compact(engine, state, timedelta(0), None).merged > 0
    before = partials_of(job)
    check_same_as_whole(job, tmp_path / "merged")
    assert partials_of(job) == before, "the same exchanges in other parts are the same"
    with states.opened(tmp_path / "state") as state, DuckDBEngine(EngineSettings(threads=1), tmp_path) as engine:
        newest = max(part.last for part in state.parts)
        assert state.until is not None
        assert compact(engine, state, timedelta(0), state.until - newest + timedelta(hours=1)).dropped_parts == 1
    check_same_as_whole(job, tmp_path / "dropped")
    assert partials_of(job) != before


def test_damage_other_settings_and_other_code(job: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ((name, whole),) = partials_of(job).items()
    path = tmp_path / "state" / epochs.PARTIALS / name
    other = replace(
        job, settings=job.settings.model_copy(update={"evidence": EvidenceSettings(off=("shared_infrastructure",))})
    )
    check_same_as_whole(other, tmp_path / "setting")
    assert partials_of(job) == {name: whole}
    path.write_bytes(whole[: len(whole) // 2] + bytes(1000) + whole[len(whole) // 2 + 1000 :])
    check_same_as_whole(job, tmp_path / "damaged")
    path.write_bytes(whole[:-1000])
    check_same_as_whole(job, tmp_path / "truncated")
    monkeypatch.setattr(link.partials, "made_by", lambda: "another version")
    check_same_as_whole(job, tmp_path / "version")
    assert whole not in partials_of(job).values()
