"""Rewrites the parts of the documents that are generated from the code, between their begin and end marks."""

from __future__ import annotations

import re
from pathlib import Path

from stillwatch.flow import flow_table

ROOT = Path(__file__).resolve().parents[1]
GENERATED = ("docs/flow.md",)
BLOCK = re.compile(r"(<!-- flow:begin -->\n).*?(<!-- flow:end -->)", re.DOTALL)


def main() -> None:
    """Puts today's flow table into every document that embeds it."""
    table = flow_table()
    for name in GENERATED:
        path = ROOT / name
        text = path.read_text(encoding="utf-8")
        path.write_text(BLOCK.sub(lambda found: f"{found[1]}{table}{found[2]}", text), encoding="utf-8")


if __name__ == "__main__":
    main()
