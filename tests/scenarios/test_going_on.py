"""A run that failed goes on after the stages that it had finished, and gives what an undisturbed one gives."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from stillwatch import flow
from stillwatch.cli import main as cli
from stillwatch.engine import Engine
from stillwatch.errors import OutputError
from stillwatch.job import Inputs, Job, resolve
from stillwatch.runs import checkpoint
from stillwatch.settings import EngineSettings
from tests.scenarios.small_world import SmallWorld, digests

NAMES = [stage.__name__.rpartition(".")[2] for stage in flow.STAGES]


class Watched:
    """A stage that says when it is run, and fails where it is told to."""

    def __init__(self, stage: flow.Stage, ran: list[str], fails: bool) -> None:
        self.stage, self.ran, self.fails = stage, ran, fails
        self.__name__, self.READS, self.WRITES = stage.__name__, stage.READS, stage.WRITES

    def run(self, engine: Engine, job: Job) -> None:
        self.ran.append(self.__name__.rpartition(".")[2])
        if self.fails:
            (engine.folder / "half.parquet").write_bytes(b"what it had written so far")
            raise OutputError("the disk is full")
        assert not (engine.folder / "half.parquet").exists()
        self.stage.run(engine, job)


class Trial:
    """Runs over one small world into one folder, some of which fail."""

    def __init__(self, world: SmallWorld, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.world, self.out, self.patch = world, out, monkeypatch
        self.stages = flow.STAGES
        self.logs = world.folder / "exchanges"
        self.engine = EngineSettings(threads=2)

    def job(self) -> Job:
        beside = ((str(self.world.folder / f"{name}.parquet"),) for name in ("accounts", "permits"))
        settings = self.world.settings().model_copy(update={"engine": self.engine})
        return resolve(Inputs((str(self.logs),), *beside), settings=settings)

    def run(self, fails_at: str | None = None) -> list[str]:
        """The stages that were run."""
        ran: list[str] = []
        stages = tuple(Watched(one, ran, NAMES[n] == fails_at) for n, one in enumerate(self.stages))
        self.patch.setattr(flow, "STAGES", stages)
        self.patch.setattr(flow, "SKETCHED", stages[:2])
        flow.scan(self.job(), self.out)
        return ran

    def failed(self, at: str) -> str:
        """What a run says that fails there."""
        with pytest.raises(OutputError) as caught:
            self.run(fails_at=at)
        assert not self.out.exists()
        return "; ".join([str(caught.value), *getattr(caught.value, "__notes__", ())])

    def kept(self) -> Sequence[Path]:
        return [path for path in self.out.parent.iterdir() if path.name.startswith(".stillwatch")]


@pytest.fixture
def trial(world: SmallWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Trial:
    return Trial(world, tmp_path / "runs" / "run", monkeypatch)


@pytest.mark.parametrize("at", NAMES[2:])
def test_it_goes_on_where_it_failed(trial: Trial, plain: Path, at: str) -> None:
    place = NAMES.index(at)
    assert f"all stages up to `{NAMES[place - 1]}` are kept" in trial.failed(at)
    assert trial.run() == NAMES[place:]
    assert digests(trial.out) == digests(plain)
    assert trial.kept() == []


def test_it_may_fail_again_further_on(trial: Trial, plain: Path) -> None:
    trial.failed("link")
    assert "all stages up to `group` are kept" in trial.failed("assess")
    trial.engine = EngineSettings(threads=1, memory_limit="3GB")  # what a person changes who has read the message
    assert trial.run() == ["assess", "report"]
    assert digests(trial.out) == digests(plain)


def test_a_log_that_changed_begins_anew(trial: Trial, tmp_path: Path) -> None:
    trial.logs = Path(shutil.copytree(trial.logs, tmp_path / "logs"))
    trial.failed("group")
    os.utime(next(trial.logs.iterdir()), (1, 1))
    assert trial.run() == NAMES


def test_other_settings_begin_anew(trial: Trial) -> None:
    trial.failed("group")
    job = trial.job()
    link = job.settings.link.model_copy(update={"minimum_accounts": 9})
    other = replace(job, settings=job.settings.model_copy(update={"link": link}))
    assert checkpoint.identity_of(other) != checkpoint.identity_of(job)
    with checkpoint.resume(other, trial.out) as found:
        assert found is not None
        assert found.finished == []


def test_another_previous_run_begins_anew(trial: Trial, tmp_path: Path) -> None:
    identities = {checkpoint.identity_of(trial.job())}
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "run.json").write_text(name)
        identities.add(checkpoint.identity_of(replace(trial.job(), previous=tmp_path / name)))
    assert len(identities) == 3


def test_the_first_stage_alone_is_not_worth_keeping(trial: Trial) -> None:
    assert "is kept" not in trial.failed("sketch")
    assert trial.kept() == []


def test_an_interrupted_run_leaves_nothing(trial: Trial) -> None:
    with pytest.raises(KeyboardInterrupt), checkpoint.resume(trial.job(), trial.out) as found:
        assert found is not None
        for stage in NAMES[:3]:
            found.add({"stage": stage})
        raise KeyboardInterrupt
    assert trial.kept() == []


def test_two_runs_into_one_folder_do_not_share_what_is_kept(trial: Trial) -> None:
    with checkpoint.resume(trial.job(), trial.out) as first, checkpoint.resume(trial.job(), trial.out) as second:
        assert first is not None
        assert second is None
    assert trial.kept() == []


def test_nobody_else_may_look_into_what_is_kept(trial: Trial) -> None:
    with checkpoint.resume(trial.job(), trial.out) as found:
        assert found is not None
        assert found.folder.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("prepared", ["open", "link"])
def test_a_folder_that_others_prepared_is_not_used(trial: Trial, tmp_path: Path, prepared: str) -> None:
    trial.out.parent.mkdir()
    folder = trial.out.parent / f".stillwatch-kept-{trial.out.name}"
    if prepared == "open":
        folder.mkdir(mode=0o777)
        folder.chmod(0o777)
    else:
        folder.symlink_to(tmp_path)
    assert "is kept" not in trial.failed("link")
    assert trial.kept() == [folder]
    assert trial.run() == NAMES


def test_what_cannot_be_read_any_more_is_named(trial: Trial) -> None:
    trial.failed("link")
    (folder,) = trial.kept()
    (folder / "tables.duckdb").write_bytes(b"no database")
    with pytest.raises(OutputError, match=r"cannot be read .*; remove that folder"):
        trial.run()


def test_the_command_line_says_what_is_kept(trial: Trial, capsys: pytest.CaptureFixture[str]) -> None:
    trial.patch.setattr(
        flow, "STAGES", tuple(Watched(one, [], NAMES[n] == "link") for n, one in enumerate(flow.STAGES))
    )
    assert cli.invoke(["scan", str(trial.logs), "--out", str(trial.out)]) == 1
    said = capsys.readouterr().err
    assert "the disk is full; all stages up to `sketch` are kept in `" in said
    assert "run the same command again to resume after them" in said
