"""Rewrites the parts of the documents that are generated from the code, between their begin and end marks."""

from __future__ import annotations

import re
from pathlib import Path

from stillwatch.flow import flow_table
from stillwatch.read.gateways import named, names
from stillwatch.read.gateways.mapping import Origin
from stillwatch.read.gateways.transforms import TRANSFORMS
from stillwatch.records.inputs import EXCHANGES

ROOT = Path(__file__).resolve().parents[1]
BLOCK = re.compile(r"(<!-- (?P<name>[a-z-]+):begin -->\n).*?(<!-- (?P=name):end -->)", re.DOTALL)


def main() -> None:
    """Puts today's tables into every document that embeds one."""
    made = tables()
    for path in sorted((ROOT / "docs").rglob("*.md")):
        text = path.read_text(encoding="utf-8")
        path.write_text(BLOCK.sub(lambda found: f"{found[1]}{made[found['name']]}{found[3]}", text), encoding="utf-8")


def tables() -> dict[str, str]:
    """Returns every generated table by the name in its marks."""
    return {
        "flow": flow_table(),
        "transforms": _table(("`as`", "gives"), [(f"`{name}`", about) for name, (_, about) in TRANSFORMS.items()]),
        **{f"format-{name}": format_table(name) for name in names()},
    }


def format_table(name: str) -> str:
    """Returns the table of a format's columns, with the paths that they come from in the order in which they count."""
    described = named(name).description
    rows = [
        (f"`{column}`", "; ".join(map(_origin, described.origins[column])))
        for column in EXCHANGES.names
        if column in described.origins
    ]
    for what, paths in zip(("the request's body", "the response's body"), described.bodies, strict=True):
        if paths:
            rows.append((what, "; ".join(f"`{path.text}`" for path in paths)))
    return _table(("column", "comes from"), rows)


def _origin(origin: Origin) -> str:
    if not origin.paths:
        return f"always `{origin.constant}`"
    places = " and ".join(f"`{path.text}`" for path in origin.paths)
    if origin.words is not None:
        words = ", ".join(f"{word} → {value}" for word, value in origin.words.items())
        return f"{places} ({words})"
    return f"{places} ({origin.named})" if origin.named else places


def _table(head: tuple[str, str], rows: list[tuple[str, str]]) -> str:
    lines = [head, ("---", "---"), *rows]
    return "".join(f"| {left} | {right} |\n" for left, right in lines)


if __name__ == "__main__":
    main()
