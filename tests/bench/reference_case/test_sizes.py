"""What stands in the way of a world is said before anything is written."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
from bench.reference_case.sizes import SIZES, prepare, size_of

from bench.reference_case import __main__ as command
from stillwatch.errors import OutputError, UsageError


def test_the_whole_is_the_letters() -> None:
    whole = size_of("1")
    assert (whole.accounts, whole.exchanges, whole.campaign) == (2_500_000, 317_000_000, 25_000)
    assert whole.disk_bytes < 27e9
    for scale, size in SIZES.items():
        assert size.accounts == round(2_500_000 * float(scale))
        assert size.campaign == round(25_000 * float(scale))
    assert size_of("0.10") is size_of(".1") is SIZES["0.1"]


@pytest.mark.parametrize("scale", ["0.5", "2", "large", "-1", "nan"])
def test_another_scale_is_refused(scale: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(UsageError, match=r"use one of `1`, `0\.1`, `0\.01`, `0\.001`"):
        size_of(scale)
    assert command.main([f"--scale={scale}"]) == 2
    assert f"scale `{scale}`" in capsys.readouterr().err


def test_a_small_disk_is_refused_with_what_is_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=3_000_000_000))
    with pytest.raises(OutputError, match=r"scale 1 needs 25\.\d GB in `.*`, and 3\.0 GB are free; free space"):
        prepare(tmp_path, size_of("1"))
    prepare(tmp_path, size_of("1"), written=25_000_000_000)
    prepare(tmp_path, size_of("0.01"))


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").touch()
    assert command.main(["--scale", "0.001", "--out", str(tmp_path / "file" / "out")]) == 1
    assert "cannot make the folder" in capsys.readouterr().err
