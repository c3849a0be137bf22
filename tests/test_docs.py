"""The documents are true: short, linked, in the words they define, and naming only commands that exist."""

from __future__ import annotations

import re
import runpy
from contextlib import redirect_stderr, redirect_stdout
from functools import cache
from importlib.util import find_spec
from io import StringIO
from pathlib import Path

import pytest

from stillwatch.calibrate.bundles import NULL_STREAMS
from stillwatch.cli.main import invoke
from stillwatch.records.claims import EXPLANATIONS, GROUP_CLAIMS
from stillwatch.records.inputs import CAPABILITIES
from stillwatch.records.outputs import LEVELS
from stillwatch.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = sorted(
    path.relative_to(ROOT) for pattern in ("*.md", "docs/**/*.md", "examples/**/*.md") for path in ROOT.glob(pattern)
)
CODE_BLOCK = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
GROUPS = "lab |decisions |appeals |keys |records |share match |share |attribution "
GROUPS += "|report (?=verify|holder|doors|reseller)"
COMMAND = re.compile(rf"(?:^|[`/])stillwatch ((?:{GROUPS})?[a-z]+)((?:[^\n`#\\]|\\\n)*)", re.MULTILINE)

# words: of a page, of all but those on formats and sharing, of those on formats, of those on sharing
PAGE, ALL, FORMATS, SHARING = 1_200, 29_250, 4_000, 3_500
# What people read to learn the product; data and what tests compare with are no documents.
# Names of other programs' logs and settings, and of data that is not shipped.
NOT_OURS = {"ip/client_headers.csv", "auth_basic", "client_body_buffer_size", "generic_api"}
NOT_OURS |= {"failure_mode_allow", "fail_on_error", "fail_open", "pre_call", "proxy_set_header", "unreachable_fallback"}
NOT_OURS |= {"preserve_external_request_id", "use_remote_address"}
COUNTED = [document for document in DOCUMENTS if not document.is_relative_to("docs/results")]


def text(document: Path) -> str:
    return (ROOT / document).read_text(encoding="utf-8")


def defined() -> list[str]:
    """The words that docs/concepts.md defines, in its order."""
    return re.findall(r"^(?:\* )?\*\*([^*]+)\*\*:", text(Path("docs/concepts.md")), re.MULTILINE)


@cache
def help_of(*command: str) -> str:
    """What `stillwatch … --help` prints, on a wide terminal without colour."""
    shown = StringIO()
    with pytest.MonkeyPatch.context() as patched, redirect_stdout(shown), redirect_stderr(shown):
        for name, value in {"COLUMNS": "200", "NO_COLOR": "1", "TERM": "dumb"}.items():
            patched.setenv(name, value)
        code = invoke([*command, "--help"])
    assert code == 0, f"`stillwatch {' '.join(command)}` does not exist: {shown.getvalue()}"
    return shown.getvalue()


def commands_named() -> list[tuple[str, tuple[str, ...]]]:
    """Every command that a document names, with the options it gives it."""
    return sorted(
        {
            (command, tuple(sorted(set(re.findall(r"--[a-z-]+", rest)))))
            for document in DOCUMENTS
            for command, rest in COMMAND.findall(text(document))
        }
    )


def anchors(document: Path) -> set[str]:
    """The anchors of a document's headings, as the usual renderers make them."""
    headings = re.findall(r"^#+ (.+)$", CODE_BLOCK.sub("", text(document)), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def words(document: Path) -> int:
    """Words of a document as `wc -w` counts them, without the bars and lines of tables."""
    return len([token for token in text(document).split() if re.search(r"\w", token)])


@cache
def code() -> str:
    """All modules and shipped tables as words in lower case, the dashes and underscores of names as blanks."""
    folders, kinds = (ROOT / "src", ROOT / "bench"), ("*.py", "*.toml")
    paths = [path for folder in folders for kind in kinds for path in sorted(folder.rglob(kind))]
    sources = [path.read_text(encoding="utf-8") for path in paths]
    return re.sub(r"[\W_]+", " ", "\n".join(sources)).lower()


def test_readme_is_short() -> None:
    assert words(Path("README.md")) < 600


@pytest.mark.parametrize("document", COUNTED, ids=str)
def test_a_page_is_short(document: Path) -> None:
    assert words(document) <= PAGE


def test_all_pages_are_few_words() -> None:
    formats = {document for document in COUNTED if document.is_relative_to("docs/formats")}
    sharing = {document for document in COUNTED if document.is_relative_to("docs/sharing")}
    assert sum(map(words, set(COUNTED) - formats - sharing)) <= ALL
    assert sum(map(words, formats)) <= FORMATS
    assert sum(map(words, sharing)) <= SHARING


@cache
def named() -> dict[str, Path]:
    """Everything that a document sets in code type on a line, with one document that does so."""
    found = {}
    for document in COUNTED:
        for name in re.findall(r"`([^`\n]+)`", CODE_BLOCK.sub("", text(document))):
            found[name] = document
    return found


def test_files_that_are_named_exist() -> None:
    roots = (ROOT, ROOT / "src", ROOT / "src" / "stillwatch")
    paths = [name for name in named() if re.fullmatch(r"[\w.-]+(/[\w.-]+)+\.(py|toml|npz|csv|md|jsonl|txt)", name)]
    lost = [path for path in paths if not any((root / path).exists() for root in roots)]
    assert len(paths) > 5
    assert sorted(set(lost) - NOT_OURS) == []


def test_names_that_documents_use_are_in_the_code() -> None:
    names = {name.rstrip("*") for name in named()}
    lost = {name for name in names if re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)+", name)}
    lost = {name for name in lost if f" {name.replace('_', ' ')} " not in code()}
    assert sorted(lost - NOT_OURS) == []


def test_settings_that_are_named_exist() -> None:
    sections = dict(Settings())
    dotted = [name.split(".") for name in named() if re.fullmatch(rf"({'|'.join(sections)})\.[a-z_]+", name)]
    assert len(dotted) > 5
    assert [pair for pair in dotted if pair[1] not in dict(sections[pair[0]]) and pair[1] != "py"] == []


def test_null_streams_are_explained() -> None:
    rows = re.findall(r"^\| `(\w+)` \|", text(Path("docs/methods/calibration.md")), re.MULTILINE)
    assert rows == [stream.name for stream in NULL_STREAMS]


def test_explanations_and_group_tests_are_explained() -> None:
    explained = text(Path("docs/methods/assess.md")) + text(Path("docs/methods/group.md"))
    names = [claim.name for claim in (*EXPLANATIONS, *GROUP_CLAIMS)]
    assert [name for name in names if f"`{name}`" not in explained] == []


def test_shipped_worlds_are_named() -> None:
    page = text(Path("docs/methods/worlds.md"))
    recipes = (ROOT / "src" / "stillwatch_lab" / "worlds" / "recipes").glob("*.toml")
    assert [recipe.stem for recipe in recipes if f"`{recipe.stem}`" not in page] == []


def test_modules_that_are_run_exist() -> None:
    modules = {
        name for document in DOCUMENTS for name in re.findall(r"python -m ((?:bench|training)[\w.]*)", text(document))
    }
    assert len(modules) > 5
    assert [name for name in modules if find_spec(name) is None] == []


@pytest.mark.parametrize("word", defined())
def test_every_word_that_is_defined_is_in_the_code(word: str) -> None:
    assert re.search(rf" {re.sub(r'[^a-z]+', ' ', word.lower())}s? ", code())


def test_no_word_is_defined_twice() -> None:
    assert len(defined()) > 40
    assert len(defined()) == len(set(defined()))


def test_levels_are_defined_in_order() -> None:
    assert tuple(word for word in defined() if word in LEVELS) == LEVELS


def test_capabilities_are_defined_in_order() -> None:
    rows = re.findall(r"^\| `(\w+)` \| \w", text(Path("docs/concepts.md")), re.MULTILINE)
    assert tuple(rows) == CAPABILITIES


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_links_resolve(document: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", CODE_BLOCK.sub("", text(document))):
        if target.startswith(("https://", "http://")):
            continue
        name, _, anchor = target.partition("#")
        found = (ROOT / document).parent / name if name else ROOT / document
        assert found.exists(), f"{document}: `{target}` leads nowhere"
        if anchor:
            assert anchor in anchors(found.resolve().relative_to(ROOT)), f"{document}: no heading `{target}`"


def test_every_document_has_a_place_on_the_site() -> None:
    site = runpy.run_path(str(ROOT / "docs" / "site.py"))
    named = re.findall(r'= "([^"]+)" \}', site["navigation"](site["documents"](), list(site["api_pages"]())))
    assert {str(document) for document in COUNTED} <= set(named)
    assert "docs/reference/stillwatch.link.md" in named


@pytest.mark.parametrize("command", commands_named(), ids=lambda command: " ".join((command[0], *command[1])))
def test_commands_exist(command: tuple[str, tuple[str, ...]]) -> None:
    name, options = command
    shown = help_of(*name.split())
    assert [option for option in options if option not in shown] == []


def test_make_targets_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    code = "\n".join(part for document in DOCUMENTS for part in re.findall(r"`[^`]+`|^make .*$", text(document), re.M))
    assert set(re.findall(r"\bmake ([a-z-]+)", code)) <= targets
