"""`python -m bench.compare_runs OLD NEW` says whether two run folders hold the same tables, and where they differ.

Every Parquet file is compared byte by byte first. Files with other bytes are compared column by column, and the number
of rows in which each column differs is printed. The exit status is 1 when any table differs and 2 when a folder holds
no table. A column named with `--except TABLE.COLUMN` may differ, a table named with `--except TABLE` may be in one
folder only; both are printed all the same.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq


@dataclass(frozen=True, slots=True)
class Difference:
    """The comparison of two versions of one table; `same` is True if they are equal or the difference is allowed."""

    table: str
    words: str
    same: bool


def compare(old: Path, new: Path, allowed: Collection[str] = ()) -> list[Difference]:
    """One comparison per table of either folder, in order of names.

    `allowed` holds names like `evidence.sentence`, and names of tables that only one folder has. Raises
    FileNotFoundError when a folder holds no Parquet file, and ValueError when neither folder has an allowed name: a
    misspelt one would allow nothing.
    """
    before, after = tables(old), tables(new)
    unknown = set(allowed) - set(before) - set(after) - _column_names(before) - _column_names(after)
    if unknown:
        raise ValueError(f"neither folder has {', '.join(sorted(unknown))}")
    return [_compared(name, before.get(name), after.get(name), allowed) for name in sorted({*before, *after})]


def tables(folder: Path) -> dict[str, Path]:
    """The Parquet files of a folder and of the folders in it by their name without ending."""
    found = {str(path.relative_to(folder).with_suffix("")): path for path in sorted(folder.rglob("*.parquet"))}
    if not found:
        raise FileNotFoundError(f"{folder} holds no Parquet file")
    return found


def different_rows(old: pa.ChunkedArray, new: pa.ChunkedArray) -> int:
    """The number of rows in which two columns of one length differ; two nulls are equal, and so are two NaN."""
    if old.equals(new):
        return 0
    pairs = zip(old.to_pylist(), new.to_pylist(), strict=True)
    return sum(before != after and repr(before) != repr(after) for before, after in pairs)


def _compared(name: str, old: Path | None, new: Path | None, allowed: Collection[str]) -> Difference:
    if old is None or new is None:
        words = "only in the new folder" if old is None else "only in the old folder"
        return Difference(name, words, name in allowed)
    if old.read_bytes() == new.read_bytes():
        return Difference(name, "same bytes", True)
    before, after = pq.ParquetFile(old).read(), pq.ParquetFile(new).read()
    if before.num_rows != after.num_rows:
        return Difference(name, f"{before.num_rows:,} rows before, {after.num_rows:,} after", False)
    found = _columns(before, after)
    if not found:
        return Difference(name, "same values in other bytes", False)
    words = ", ".join(f"`{column}` {how}" for column, how in found.items())
    return Difference(name, f"of {before.num_rows:,} rows: {words}", all(f"{name}.{one}" in allowed for one in found))


def _column_names(files: dict[str, Path]) -> set[str]:
    return {f"{name}.{column}" for name, path in files.items() for column in pq.read_schema(path).names}


def _columns(before: pa.Table, after: pa.Table) -> dict[str, str]:
    """The columns that differ, each with a description of the difference."""
    found = dict.fromkeys((one for one in after.column_names if one not in before.column_names), "is new")
    for column in before.column_names:
        if column not in after.column_names:
            found[column] = "is gone"
        elif before.schema.field(column) != after.schema.field(column):
            was, became = before.schema.field(column).type, after.schema.field(column).type
            found[column] = f"was {was} and is {became}"
        elif rows := different_rows(before[column], after[column]):
            found[column] = f"differs in {rows:,}"
    if not found and before.column_names != after.column_names:
        found = dict.fromkeys(before.column_names, "stands in another place")
    return found


def main(words: Sequence[str]) -> int:
    """Prints the comparison of the folders named on the command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.compare_runs", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("old", type=Path, help="a run folder")
    parser.add_argument("new", type=Path, help="the run folder to compare with it")
    parser.add_argument("--except", dest="allowed", action="append", default=[], metavar="TABLE[.COLUMN]")
    options = parser.parse_args(words)
    try:
        found = compare(options.old, options.new, options.allowed)
    except (FileNotFoundError, ValueError) as error:
        print(f"compare_runs: {error}", file=sys.stderr)
        return 2
    width = max(len(one.table) for one in found)
    for one in found:
        print(f"{'same   ' if one.same else 'DIFFERS'} {one.table:<{width}}  {one.words}")
    differing = sum(not one.same for one in found)
    print(f"{len(found) - differing} of {len(found)} tables agree")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
