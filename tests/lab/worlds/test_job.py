"""A built world's files become the scan of them."""

from __future__ import annotations

from pathlib import Path

from stillwatch_lab.worlds.job import job_of


def test_a_world_without_accounts_or_permits_is_scanned_without_them(tmp_path: Path) -> None:
    assert job_of(tmp_path).inputs.accounts == ()
    (tmp_path / "accounts.parquet").touch()
    inputs = job_of(tmp_path).inputs
    assert (inputs.accounts, inputs.permits) == ((str(tmp_path / "accounts.parquet"),), ())
