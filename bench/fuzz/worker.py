"""A process that reads altered files under limits: a line of numbers comes in, a line of outcomes goes out.

    python -m bench.fuzz.worker SEED FOLDER FORMAT...

A line of several numbers is answered with `null` where something failed that names no file.
"""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from bench.fuzz.mutants import mutant
from bench.fuzz.reading import UnnamedError, cleared, outcomes

ADDRESSES = 6 << 30  # bytes: libraries take two of these gigabytes before anything is read
UNIT = 1 if sys.platform == "darwin" else 1024  # of the peak memory that the system reports


def main(words: Sequence[str]) -> None:
    """Answers until no line comes in."""
    first, folder, names = int(words[0]), Path(words[1]), words[2:]
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESSES, ADDRESSES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for line in sys.stdin:
        found = None
        try:
            found = [asdict(one) for one in outcomes([mutant(first, int(one), names) for one in line.split()], folder)]
        except UnnamedError as error:
            print(f"{line.strip()}: {error}"[:300], file=sys.stderr)
        cleared(folder)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * UNIT
        print(json.dumps({"peak": peak, "outcomes": found}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
