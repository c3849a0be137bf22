"""A built world's files become the scan of them."""

from __future__ import annotations

from pathlib import Path

from stillwatch_lab.worlds.job import job_of


def test_a_world_without_accounts_or_permits_is_scanned_without_them(tmp_path: Path) -> None:
    (tmp_path / "exchanges").mkdir()
    (tmp_path / "exchanges" / "part-00000.parquet").touch()
    assert [source.path.name for source in job_of(tmp_path).sources.every] == ["part-00000.parquet"]
    (tmp_path / "accounts.parquet").touch()
    sources = job_of(tmp_path).sources
    assert [source.path for source in sources.accounts] == [tmp_path / "accounts.parquet"]
    assert sources.permits == ()
