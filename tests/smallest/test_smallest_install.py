"""The built wheels work in a fresh environment: the product without the lab, then the lab on top of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
UV = Path(sys.executable).with_name("uv")
# What uv writes when it cannot reach the registry; every other failure is one of ours.
UNREACHABLE = ("error sending request", "failed to fetch", "client error (connect)", "dns error")


def uv(*words: str | Path) -> str:
    """Runs uv with its own certificates, then with the machine's; skips the test where no registry can be reached."""
    outside = {name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "PYTHONPATH")}
    for certificates in ((), ("--system-certs",)):
        done = subprocess.run(
            [UV, *certificates, *words], cwd=ROOT, env=outside, capture_output=True, text=True, check=False
        )
        if done.returncode == 0:
            return done.stdout
    if any(words in done.stderr.lower() for words in UNREACHABLE):
        pytest.skip(f"the package registry cannot be reached: {done.stderr.strip().splitlines()[-1]}")
    pytest.fail(done.stderr)


def names_in(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as packed:
        return set(packed.namelist())


class Installation:
    """An environment that holds the wheels installed into it, with the versions of the lock file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.versions = folder / "versions.txt"
        uv("export", "--quiet", "--frozen", "--no-hashes", "--no-dev", "--no-emit-workspace", "-o", self.versions)
        uv("venv", "--quiet", "--python", sys.executable, folder / "venv")

    def install(self, package: str) -> Path:
        """Builds the package's wheel from its source distribution, installs it and what it depends on."""
        dist = self.folder / package
        uv("build", "--quiet", "--package", package, "--out-dir", dist)
        wheel = next(dist.glob("*.whl"))
        links = ("--find-links", self.folder / "stillwatch")
        into = ("--python", self.folder / "venv" / "bin" / "python")
        uv("pip", "install", "--quiet", *into, *links, "--constraints", self.versions, wheel)
        return wheel

    def run(self, *words: str | Path) -> str:
        """What the installed command writes; fails the test unless it exits with 0."""
        command = [self.folder / "venv" / "bin" / "stillwatch", *words]
        kept = {**os.environ, "NUMBA_CACHE_DIR": str(self.folder / "code")}  # or each run would leave its code behind
        done = subprocess.run(command, cwd=self.folder, env=kept, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    installation = Installation(tmp_path_factory.mktemp("installed"))
    wheel = installation.install("stillwatch")
    assert {name.split("/")[0] for name in names_in(wheel)} == {"stillwatch", "stillwatch-0.1.0.dist-info"}
    return installation


def tiny_log(path: Path) -> Path:
    """Forty accounts that ask one thing each, with the three required columns and a text."""
    rows = [
        {
            "exchange_id": f"e{number}",
            "account_id": f"a{number % 40}",
            "started_at": f"2026-05-01T{number // 60:02}:{number % 60:02}:00Z",
            "input_text": f"What is the capital of country number {number}?",
        }
        for number in range(400)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_the_product_checks_and_scans_without_the_lab(product: Installation) -> None:
    listed = product.run("--help")
    assert "scan" in listed
    assert " lab " not in listed
    log = tiny_log(product.folder / "log.jsonl")
    assert "400" in product.run("check", log)
    product.run("scan", log, "--out", "run")
    written = {path.name for path in (product.folder / "run").iterdir()}
    assert {"run.json", "report.html", "campaigns.parquet"} <= written


def test_the_lab_brings_its_data_and_mounts_its_commands(product: Installation) -> None:
    packed = names_in(product.install("stillwatch-lab"))
    files = filter(kept, (ROOT / "src" / "stillwatch_lab").rglob("*"))
    inside = {str(path.relative_to(ROOT / "src")) for path in files}
    assert len(inside) > 100
    assert {name for name in packed if ".dist-info/" not in name} == inside
    product.run("lab", "build", "demo", "--accounts", "300", "--exchanges", "3000", "--out", "world")
    assert (product.folder / "world" / "truth" / "campaigns.parquet").is_file()


def kept(path: Path) -> bool:
    """Whether a file of the lab's folder belongs into its wheel."""
    return path.is_file() and "__pycache__" not in path.parts and path.name != "pyproject.toml"
