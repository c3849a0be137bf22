"""The snapshot of verdicts: what is known of each account, in one file that is looked up in microseconds.

`write` makes a snapshot and swaps it in whole, `Reader` looks accounts up in it, `drop` takes effects out of it.
"""

from stillwatch.verdicts.reader import Reader, Snapshot
from stillwatch.verdicts.verdict import Effect, Level, Verdict
from stillwatch.verdicts.writer import drop, write

__all__ = ["Effect", "Level", "Reader", "Snapshot", "Verdict", "drop", "write"]
