"""Through a Spark Connect server the same logs are read alike: the client itself runs no Java."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.read.odd_logs import check_odd_logs

pytestmark = [pytest.mark.spark, pytest.mark.usefixtures("spark")]

PATIENCE = 180  # seconds for a server to start on a busy machine


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    import pyspark

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = {
        "spark.connect.grpc.binding.port": str(port),
        "spark.master": "local[2,4]",
        "spark.ui.enabled": "false",
        "spark.sql.shuffle.partitions": "2",
        "spark.local.dir": str(tmp_path),
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
    }
    words = [str(Path(pyspark.__file__).parent / "bin" / "spark-submit")]
    for name, value in settings.items():
        words += ["--conf", f"{name}={value}"]
    words += ["--class", "org.apache.spark.sql.connect.service.SparkConnectServer"]
    python = {**os.environ, "PYSPARK_PYTHON": sys.executable}
    python.pop("PYSPARK_GATEWAY_PORT", None)
    with (tmp_path / "server.log").open("w") as log:
        running = subprocess.Popen(words, stdout=log, stderr=log, env=python, cwd=tmp_path)
    try:
        began = time.monotonic()
        while not listens(port):
            assert running.poll() is None, (tmp_path / "server.log").read_text()[-2_000:]
            assert time.monotonic() - began < PATIENCE, "the server did not start"
            time.sleep(0.5)
        yield f"sc://127.0.0.1:{port}"
    finally:
        running.terminate()
        running.wait(30)


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_logs_of_every_type_are_read_alike_through_connect(server: str, tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    embedded = check_odd_logs(tmp_path / "logs", "duckdb")
    assert check_odd_logs(tmp_path / "logs", "spark", server) == embedded
    assert "SPARK_CONNECT_MODE_ENABLED" not in os.environ
