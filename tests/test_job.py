"""A job finds its files and loads its key once, and lists everything that it cannot find or use."""

from __future__ import annotations

from pathlib import Path

import pytest

from stillwatch.errors import UsageError
from stillwatch.job import Inputs, resolve
from stillwatch.key import load_key
from stillwatch.settings import Settings, SketchSettings


def test_files_are_found_each_once_in_the_order_of_their_paths(tmp_path: Path) -> None:
    for name in ("b.jsonl", "a.parquet", "accounts.csv"):
        (tmp_path / name).touch()
    logs = (str(tmp_path / "b.jsonl"), str(tmp_path / "[ab].*"))
    job = resolve(Inputs(logs, accounts=(str(tmp_path / "accounts.csv"),)))
    assert [source.path.name for source in job.sources.exchanges] == ["a.parquet", "b.jsonl"]
    assert [source.path.name for source in job.sources.every] == ["a.parquet", "b.jsonl", "accounts.csv"]


def test_the_key_is_that_of_the_settings_and_is_never_shown(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"sixteen bytes or more")
    job = resolve(Inputs(), settings=Settings(sketch=SketchSettings(key_file=tmp_path / "key")))
    assert job.key == load_key(tmp_path / "key")
    assert job.key != resolve(Inputs()).key
    assert "key=" not in repr(job)


def test_all_mistakes_are_told_at_once_with_the_option_they_belong_to(tmp_path: Path) -> None:
    settings = Settings(sketch=SketchSettings(key_file=tmp_path / "no-key"))
    with pytest.raises(UsageError) as caught:
        resolve(Inputs(("gone",), permits=("none.csv",)), settings=settings)
    assert [str(mistake).split(":")[0] for mistake in caught.value.mistakes] == [
        "LOGS `gone`",
        "--permits `none.csv`",
        f"key file `{tmp_path / 'no-key'}`",
    ]
