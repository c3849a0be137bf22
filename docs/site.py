"""Stages the documents and one API page a package in `build/pages`, and builds the site of them in `build/site`.

The pages keep the places that the documents have in the repository, so that a link holds in both. Nothing is fetched.
"""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGES = ROOT / "build" / "pages"
PACKAGES = ("stillwatch", "stillwatch_lab")
REFERENCE = "docs/reference"
SHOWN = ("*.md", "docs", "examples", "bench/history", "LICENSE")
TITLE = re.compile(r"^# (.+)$", re.MULTILINE)
# The order of the site's pages; a page that is not named here fails the build.
SECTIONS = (
    (
        "Start",
        (
            "README.md",
            "examples/walkthrough.md",
            "docs/concepts.md",
            "docs/operating.md",
            "docs/gateways.md",
            "docs/access.md",
            "docs/console.md",
            "docs/limits.md",
        ),
    ),
    (
        "Data",
        (
            "docs/contract.md",
            "docs/contract-outputs.md",
            "docs/contract-access.md",
            "docs/formats/*.md",
            "docs/flow.md",
            "docs/sources.md",
            "docs/performance.md",
            "docs/spark.md",
        ),
    ),
    ("Methods", ("docs/methods/*.md",)),
    ("Sharing", ("docs/sharing/*.md",)),
    ("Decisions", ("docs/decisions/*.md",)),
    ("Project", ("CONTRIBUTING.md", "docs/extending.md", "SECURITY.md", "CHANGELOG.md", "docs/results/*.md")),
)


def documents() -> list[Path]:
    """Every file that the site shows or links to, relative to the repository."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *SHOWN],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    return [
        Path(name)
        for name in sorted(set(listed.stdout.splitlines()))
        if not name.startswith((".", "src/", "tests/")) and not name.endswith(".py") and (ROOT / name).exists()
    ]


def modules(package: str) -> Iterator[str]:
    """The dotted names of a package's modules, private ones left out."""
    for path in sorted((ROOT / "src" / package).rglob("*.py")):
        parts = path.relative_to(ROOT / "src").with_suffix("").parts
        if not any(part.startswith("_") and part != "__init__" for part in parts):
            yield ".".join(part for part in parts if part != "__init__")


def api_pages() -> dict[str, str]:
    """One page for each folder of code: its path, and its text with a directive a module."""
    pages: dict[str, list[str]] = {}
    for package in PACKAGES:
        for module in modules(package):
            folder = ROOT / "src" / Path(*module.split("."))
            pages.setdefault(module if folder.is_dir() else module.rpartition(".")[0], []).append(module)
    return {
        f"{REFERENCE}/{folder}.md": f"# {folder}\n\n" + "".join(_directive(module) for module in found)
        for folder, found in pages.items()
    }


def _directive(module: str) -> str:
    """What shows a module; of a package only what it defines itself, since what it hands on stands with its module."""
    package = ROOT / "src" / Path(*module.split(".")) / "__init__.py"
    if not package.exists():
        return f"::: {module}\n\n"
    body = ast.parse(package.read_text(encoding="utf-8")).body
    names = [node.name for node in body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    return f"::: {module}\n    options:\n      members: {[name for name in names if name[0] != '_'] or 'false'}\n\n"


def navigation(files: list[Path], api: list[str]) -> str:
    """The site's table of contents, as the `nav` of `zensical.toml`.

    Raises:
        SystemExit: a document has no place in `SECTIONS`.
    """
    placed = {
        section: [str(file) for pattern in patterns for file in files if _fits(file, Path(pattern))]
        for section, patterns in SECTIONS
    }
    lost = {str(file) for file in files if file.suffix == ".md"}.difference(*placed.values())
    if lost:
        raise SystemExit(f"docs/site.py: no section of the site holds {', '.join(sorted(lost))}")
    placed["API reference"] = api
    lines = []
    for section, names in placed.items():
        entries = ", ".join(f"{{ {_quoted(_title(ROOT / name))} = {_quoted(name)} }}" for name in names)
        lines.append(f"  {{ {_quoted(section)} = [{entries}] }},")
    return "nav = [\n" + "\n".join(lines) + "\n]\n"


def _fits(file: Path, pattern: Path) -> bool:
    return file.match(str(pattern)) and len(file.parts) == len(pattern.parts)


def _title(page: Path) -> str:
    """The name in a document's heading, without the question that follows it; of an API page its own name."""
    found = TITLE.search(page.read_text(encoding="utf-8")) if page.exists() else None
    return found[1].partition(": ")[0] if found else page.stem


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def stage() -> Path:
    """Writes `build/pages` anew, with the site's configuration beside it, and gives the path of the latter."""
    shutil.rmtree(PAGES, ignore_errors=True)
    files = documents()
    for file in files:
        (PAGES / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / file, PAGES / file)
    api = api_pages()
    for name, text in api.items():
        (PAGES / name).parent.mkdir(parents=True, exist_ok=True)
        (PAGES / name).write_text(text, encoding="utf-8")
    settings = (ROOT / "zensical.toml").read_text(encoding="utf-8")
    configuration = ROOT / "build" / "zensical.toml"
    within = settings.replace('"build/', '"').replace('paths = ["src"]', 'paths = ["../src"]')
    configuration.write_text(
        within.replace("[project]\n", "[project]\n" + navigation(files, list(api)), 1), encoding="utf-8"
    )
    return configuration


def main() -> int:
    """Builds the site; a link that leads nowhere fails the build."""
    command = [sys.executable, "-m", "zensical", "build", "--clean", "--strict", "--config-file", str(stage())]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
