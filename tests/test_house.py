"""The house keeps its own rules: names, sizes, the order of the stages, settings and tables as documented."""

from __future__ import annotations

import ast
import importlib
import re
import tomllib
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from pydantic import BaseModel

from stillwatch.records import Kind, Table
from stillwatch.records.inputs import (
    ACCOUNTS,
    EXCHANGES,
    JUDGEMENTS,
    PERMITS,
)
from stillwatch.records.outputs import RUN_FILES
from stillwatch.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
MODULES = sorted(
    path.relative_to(ROOT) for folder in ("src", "tests", "bench", "training") for path in (ROOT / folder).rglob("*.py")
)
FORBIDDEN_NAMES = {"utils", "util", "helpers", "common", "core", "misc", "manager"}
LONGEST_FILE = 400
LONGEST_FUNCTION = 60
KIND_WORDS = {
    Kind.STRING: "string",
    Kind.STRINGS: "list of string",
    Kind.TIMESTAMP: "timestamp",
    Kind.INT64: "int64",
    Kind.INT32: "int32",
    Kind.INT16: "int16",
    Kind.FLOAT64: "float64",
    Kind.SHARES: "map of string to float64",
}


def parsed(path: Path) -> ast.Module:
    return ast.parse((ROOT / path).read_text(encoding="utf-8"))


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(parsed(path)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


@pytest.mark.parametrize("path", MODULES, ids=str)
class TestEveryModule:
    def test_opens_with_one_sentence(self, path: Path) -> None:
        opening = (ast.get_docstring(parsed(path)) or "").split("\n\n")[0]
        assert opening.endswith((".", "?")), "a module's docstring opens with one sentence"

    def test_is_short(self, path: Path) -> None:
        assert len((ROOT / path).read_text(encoding="utf-8").splitlines()) <= LONGEST_FILE

    def test_has_short_functions(self, path: Path) -> None:
        lengths = {node.name: (node.end_lineno or node.lineno) - node.lineno + 1 for node in functions(path)}
        assert {name: lines for name, lines in lengths.items() if lines > LONGEST_FUNCTION} == {}

    def test_is_named_after_what_it_holds(self, path: Path) -> None:
        assert not {part.removesuffix(".py") for part in path.parts} & FORBIDDEN_NAMES


def test_tests_mirror_the_source() -> None:
    sources, tests = ROOT / "src" / "stillwatch", ROOT / "tests"
    beside = {"scenarios", "golden", "bench", "training", "lab", "smallest"}
    lab = {path.relative_to(tests / "lab") for path in (tests / "lab").rglob("*/") if any(path.rglob("test_*.py"))}
    folders = {path.name for path in tests.iterdir() if path.is_dir() and any(path.rglob("test_*.py"))}
    assert {name for name in folders - beside if not (sources / name).is_dir()} == set()
    assert lab
    assert {path for path in lab if not (ROOT / "src" / "stillwatch_lab" / path).is_dir()} == set()


class TestStages:
    def test_state_what_they_read_and_write(self) -> None:
        for stage in importlib.import_module("stillwatch.flow").STAGES:
            assert all(isinstance(name, str) for name in (*stage.READS, *stage.WRITES)), stage.__name__
            assert stage.WRITES, stage.__name__
            assert callable(stage.run), stage.__name__

    def test_read_only_what_was_written_earlier(self) -> None:
        written: set[str] = set()
        for stage in importlib.import_module("stillwatch.flow").STAGES:
            assert set(stage.READS) <= written, f"{stage.__name__} reads what no earlier stage wrote"
            written |= set(stage.WRITES)

    def test_have_one_writer_a_table(self) -> None:
        writes = [name for stage in importlib.import_module("stillwatch.flow").STAGES for name in stage.WRITES]
        assert sorted(writes) == sorted(set(writes))

    def test_write_every_table_of_the_run_folder(self) -> None:
        writes = {name for stage in importlib.import_module("stillwatch.flow").STAGES for name in stage.WRITES}
        assert {table.name for table in RUN_FILES} <= writes

    @pytest.mark.parametrize("document", ["docs/flow.md"])
    def test_stand_in_the_documents_as_in_the_code(self, document: str) -> None:
        text = (ROOT / document).read_text(encoding="utf-8")
        block = re.search(r"<!-- flow:begin -->\n(.*?)<!-- flow:end -->", text, re.DOTALL)
        table = importlib.import_module("stillwatch.flow").flow_table()
        assert block is not None
        assert block[1].strip() == table.strip(), "run `make docs`"


class TestExampleSettings:
    text = (ROOT / "examples" / "provider.toml").read_text(encoding="utf-8")

    def test_are_the_defaults(self) -> None:
        assert Settings.model_validate(tomllib.loads(self.text)) == Settings()

    def test_name_every_setting_with_its_value(self) -> None:
        stated = {section: set(values) for section, values in tomllib.loads(self.text).items()}
        assert stated == {name: keys for name, keys, _ in sections()}

    def test_show_every_setting_without_a_value(self) -> None:
        for name, _, without in sections():
            block = self.text.split(f"[{name}]\n")[1].split("\n[")[0]
            assert set(re.findall(r"^# (\w+) = ", block, re.MULTILINE)) == without

    def test_explain_every_setting(self) -> None:
        lines = self.text.splitlines()
        setting = re.compile(r"(# )?\w+ = ")
        bare = [line for before, line in pairwise(lines) if setting.match(line) and not is_comment(before, setting)]
        assert bare == []


def is_comment(line: str, setting: re.Pattern[str]) -> bool:
    return line.startswith("# ") and not setting.match(line)


def sections() -> Iterator[tuple[str, set[str], set[str]]]:
    """Each section with the settings that have a default value and those that have none."""
    for name, section in Settings():
        assert isinstance(section, BaseModel)
        values = dict(section)
        without = {key for key, value in values.items() if value is None}
        yield name, set(values) - without, without


@pytest.mark.parametrize("table", [EXCHANGES, ACCOUNTS, PERMITS, JUDGEMENTS, *RUN_FILES], ids=lambda table: table.name)
def test_tables_have_the_columns_of_the_contract(table: Table) -> None:
    assert list(contract_columns(table.name)) == [
        (column.name, KIND_WORDS[column.kind], column.required) for column in table.columns
    ]


def contract_columns(table: str) -> Iterator[tuple[str, str, bool]]:
    """Name, type and whether it is required, of each column the contract gives a table."""
    pages = ("contract.md", "contract-outputs.md")  # what goes in, what comes out
    text = "\n".join((ROOT / "docs" / page).read_text(encoding="utf-8") for page in pages)
    block = re.search(rf"^### {table}\b.*?\n(.*?)(?=^##|\Z)", text, re.DOTALL | re.MULTILINE)
    assert block is not None, f"no page of the contract has a section `{table}`"
    for names, kind in re.findall(r"^\| (`[^|]*) \| ([^|]*?) \|", block[1], re.MULTILINE):
        for name, star in re.findall(r"`(\w+)`(\*?)", names):
            yield name, kind, star == "*"
