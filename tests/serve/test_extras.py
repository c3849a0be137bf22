"""What `serve` may load: its own extra's packages and those that are always there."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
IMPORTED_AS = {
    "confluent-kafka": "confluent_kafka",
    "fonttools": "fontTools",
    "nats-py": "nats",
    "openmined-psi": "private_set_intersection",
    "opentelemetry-exporter-otlp-proto-http": "opentelemetry.exporter",
    "opentelemetry-proto": "opentelemetry.proto",
    "opentelemetry-sdk": "opentelemetry.sdk",
    "protobuf": "google.protobuf",
    "psycopg": "psycopg",
    "rfc3161-client": "rfc3161_client",
}


def test_it_and_the_console_load_without_the_packages_of_other_extras() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = {
        name: {Requirement(one).name for one in needs} for name, needs in project["optional-dependencies"].items()
    }
    others = (
        set().union(*extras.values()) - extras["serve"] - {Requirement(one).name for one in project["dependencies"]}
    )
    assert {"anyascii", "rapidfuzz", "cryptography", "pyspark"} <= others
    barred = sorted(IMPORTED_AS.get(one, one) for one in others)
    program = "\n".join(
        (
            "import sys",
            f"sys.modules.update(dict.fromkeys({barred!r}))",  # importing one of them raises ImportError
            "from stillwatch.serve import server",
            "from stillwatch.console.build import console",
        )
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
