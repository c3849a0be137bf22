"""The house keeps its own rules: names, sizes, the order of the stages, settings and tables as documented."""

from __future__ import annotations

import ast
import importlib
import re
import tomllib
from collections.abc import Iterator
from functools import cache
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
PRODUCT = Path("src", "stillwatch")
TESTS = [path for path in MODULES if path.parts[0] == "tests" and path.name.startswith("test_")]
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
    Kind.BOOLEAN: "boolean",
    Kind.SHARES: "map of string to float64",
}


WITHOUT_A_TEST_OF_THEIR_OWN = {
    "cli/access.py": "tests/cli/test_report.py writes what it is asked for",
    "cli/appeals.py": "tests/cli/test_respond.py hears an appeal by it",
    "cli/calibrate.py": "tests/calibrate run its command",
    "cli/decisions.py": "tests/cli/test_respond.py lists, approves and reverses by it",
    "cli/holder.py": "tests/cli/test_report.py writes an extract by it",
    "cli/ledgers.py": "tests/cli/test_respond.py opens every ledger by it",
    "cli/matching.py": "tests/cli/test_share_command.py matches by its commands",
    "cli/misp.py": "tests/cli/test_share_command.py writes and reads an event by it",
    "cli/run.py": "tests/cli run its commands",
    "cli/share.py": "tests/cli/test_share_command.py runs its commands",
    "cli/serve.py": "tests/cli/test_keys.py and tests/serve/test_server.py run its command",
    "console/build.py": "tests/console ask every page of what it puts together",
    "console/dispatch.py": "tests/console/test_pages.py and test_gate.py ask through it for each role and method",
    "console/entrance.py": "tests/console/test_sign_in.py begin and end sign-ins through it",
    "console/subjects.py": "tests/console/test_review.py judge what it finds",
    "console/views/appeals.py": "tests/console/test_settling.py settle appeals by it",
    "console/views/bulk.py": "tests/console/test_settling.py reverse many decisions by it",
    "console/views/doors.py": "tests/console/test_pages.py look at it; tests/report/access hold what it shows",
    "console/views/networks.py": "tests/console/test_pages.py list and download every account of one",
    "console/views/people.py": "tests/console/test_gate.py lower roles and end sessions by it",
    "console/views/picture.py": "tests/console/test_pages.py ask for points and parts",
    "console/views/policies.py": "tests/console/test_pages.py look at it",
    "console/views/queue.py": "tests/console/test_review.py take, judge, skip and let go by it",
    "console/views/records.py": "tests/console/test_pages.py look at permits, values, quality, settings and audit log",
    "console/views/said.py": "tests/console/test_review.py withdraw and measure by it",
    "console/views/search.py": "tests/console/test_pages.py search by every sort of name",
    "report/access/resellers.py": "tests/report/access/test_sections.py writes what it reads",
    "engine/interface.py": "has no body; the tests of both engines hold it",
    "engine/query.py": "is a value without behaviour",
    "engine/spark_errors.py": "tests/spark/test_spark.py compares its errors",
    "engine/spark_workers.py": "runs beside Spark's executors; tests/spark compare what comes back",
    "group/texts.py": "tests/group/test_vocabulary.py and test_templates.py count by it",
    "group/views.py": "tests/group/test_separation.py recovers planted purposes by it",
    "ledger/migrations/append_only.py": "tests/ledger/test_ledger.py tries to change, remove and replace rows",
    "ledger/migrations/versions/ledger_1.py": "tests/ledger/test_ledger.py compares what it makes with the tables",
    "ledger/migrations/versions/ledger_2.py": "tests/ledger/test_ledger.py compares what it makes with the tables",
    "ledger/migrations/versions/ledger_3.py": "tests/ledger/test_ledger.py compares what it makes with the tables",
    "ledger/migrations/versions/ledger_4.py": "tests/ledger/test_ledger.py compares what it makes with the tables",
    "ledger/migrations/versions/ledger_5.py": "tests/ledger/test_ledger.py finds rows by ids of any length",
    "ledger/parts.py": "tests/ledger use it in every part",
    "read/altered.py": "tests/read/test_bad_rows.py and test_refusals.py compare its tables",
    "read/duplicates.py": "tests/read/test_counts.py count what it settles",
    "read/formats/jsonl.py": "tests/read/test_formats.py give the same rows in every format",
    "read/formats/parquet_footer.py": "tests/read/test_damaged_parquet.py lie about all that it checks",
    "read/formats/parquet_pages.py": "tests/read/test_damaged_parquet.py lie about all that it checks",
    "read/formats/parquet_rewrite.py": "tests/read/test_damaged_parquet.py read columns of odd names by it",
    "read/formats/parquet_schema.py": "tests/read/test_damaged_parquet.py compare its types with Arrow's",
    "read/formats/parsed.py": "tests/read/test_formats.py give the same rows in every format",
    "read/formats/stored.py": "tests/read/test_bad_rows.py and test_same_row.py read Parquet of other types by it",
    "read/opening.py": "tests/read/test_file_kinds.py open every kind of file by it",
    "read/partitions.py": "tests/read/test_counts.py read the same rows in every partition",
    "read/spool.py": "tests/read/test_bad_rows.py compare the quarantine that it fills",
    "read/staging.py": "tests/read/test_counts.py and test_formats.py stage by it",
    "read/state_tables.py": "tests/scenarios/test_state.py read every state by it",
    "read/tables.py": "tests/read/test_counts.py count every row that it keeps or sets aside",
    "read/validation/casts.py": "tests/read/test_bad_rows.py and test_same_row.py read Parquet in place by it",
    "read/validation/faults.py": "tests/read/test_bad_rows.py compare what it counts",
    "read/validation/rejects.py": "tests/read/test_bad_rows.py compare the quarantine that it fills",
    "read/write_tables.py": "tests/read compare the tables that it writes",
    "report/dossier/annexes.py": "tests/report/dossier/test_chapters.py reads its chapters",
    "report/dossier/findings.py": "tests/report/dossier/test_chapters.py reads its chapters",
    "report/dossier/gather.py": "tests/report/dossier/test_chapters.py compares what each reader is told",
    "report/dossier/people.py": "tests/report/dossier/test_chapters.py reads its chapters",
    "report/dossier/recorded.py": "tests/cli/test_report.py seals what it reads",
    "report/dossier/sealing.py": "tests/cli/test_report.py reads what it seals",
    "report/dossier/taken.py": "tests/report/dossier/test_chapters.py reads its chapters",
    "report/named.py": "tests/report/test_run_and_folder.py name by it what is and what is not there",
    "report/plain.py": "tests/report/test_json.py reads what it gives",
    "report/render/dossier.py": "tests/report/dossier/test_chapters.py compare its renderings",
    "serve/measures.py": "tests/serve/test_app.py read what it shows",
    "serve/routes.py": "tests/serve/test_app.py ask for addresses that are there and that are not",
    "serve/snapshots.py": "tests/serve/test_verdict.py and test_server.py ask for fresh, old and swapped snapshots",
    "serve/taxii_openapi.py": "tests/serve/test_openapi.py calls every address of TAXII by it",
    "serve/taxii_query.py": "tests/serve/test_taxii.py asks by every parameter",
    "ledger/versions.py": "tests/ledger/test_shares.py and test_received.py turn its pages",
    "share/atlas.py": "tests/share/test_stix.py reads what it names",
    "link/profiles.py": "tests/scenarios/test_watch.py finds who joins by what it wrote",
    "link/returning.py": "tests/scenarios/test_return.py recognises by it who comes back",
    "records/compiled.py": "is what every tested kernel of sketch is compiled by",
    "sketch/exchange.py": "tests/sketch/test_stage.py compare its rows",
    "sources/files.py": "tests/sources/test_taking.py follow renamed, cut and vanished files by it",
    "sources/interface.py": "has no body; the tests of every source hold it",
    "sources/matching.py": "tests/sources/test_taking.py find copies and compressed logs again by it",
    "sources/pulling.py": "tests/sources/test_nats.py pull by it from a real server",
    "sources/told.py": "tests/sources/test_kafka.py and test_nats.py compare what it tells",
    "verdicts/verdict.py": "tests/verdicts write and find its values",
    "sketch/frame.py": "tests/sketch/test_text.py compare frames with a plain implementation",
}
"""Product modules that no test file is named after or imports from, each with what tries it all the same."""


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse((ROOT / path).read_text(encoding="utf-8"))


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(parsed(path)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


class TestEveryModule:
    def test_there_are_modules(self) -> None:
        assert len(MODULES) > 400

    def test_opens_with_one_sentence(self) -> None:
        openings = {str(path): (ast.get_docstring(parsed(path)) or "").split("\n\n")[0] for path in MODULES}
        assert {path: words for path, words in openings.items() if not words.endswith((".", "?"))} == {}

    def test_is_short(self) -> None:
        lines = {str(path): len((ROOT / path).read_text(encoding="utf-8").splitlines()) for path in MODULES}
        assert {path: count for path, count in lines.items() if count > LONGEST_FILE} == {}

    def test_has_short_functions(self) -> None:
        lengths = {
            f"{path}: {node.name}": (node.end_lineno or node.lineno) - node.lineno + 1
            for path in MODULES
            for node in functions(path)
        }
        assert len(lengths) > 3_000
        assert {name: lines for name, lines in lengths.items() if lines > LONGEST_FUNCTION} == {}

    def test_is_named_after_what_it_holds(self) -> None:
        names = {str(path): {part.removesuffix(".py") for part in path.parts} for path in MODULES}
        assert [path for path, parts in names.items() if parts & FORBIDDEN_NAMES] == []

    def test_has_its_test_or_a_reason(self) -> None:
        """A product module has a test file of its name, or one imports from it, or it stands in the list with why."""
        tested = {path: has_its_test(path) for path in MODULES if path.is_relative_to(PRODUCT) and does_something(path)}
        assert len(tested) > 100
        without = {str(path.relative_to(PRODUCT)) for path, found in tested.items() if not found}
        assert sorted(without) == sorted(WITHOUT_A_TEST_OF_THEIR_OWN)


def does_something(path: Path) -> bool:
    return any(isinstance(node, ast.FunctionDef | ast.ClassDef) for node in parsed(path).body)


def has_its_test(path: Path) -> bool:
    """Whether `tests/ROOM` has a `test_NAME.py` for `src/stillwatch/ROOM/NAME.py`, or some test imports from it."""
    parts = path.relative_to(PRODUCT).with_suffix("").parts
    folders = [Path("tests", parts[0]), Path("tests", "spark")] if len(parts) > 1 else [Path("tests")]
    named = any(one.name == f"test_{parts[-1]}.py" and any(map(one.is_relative_to, folders)) for one in TESTS)
    return named or ".".join(("stillwatch", *(part for part in parts if part != "__init__"))) in imported_by_tests()


@cache
def imported_by_tests() -> frozenset[str]:
    """Every module and name that a test file imports, with dots."""
    found: set[str] = set()
    for path in TESTS:
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return frozenset(found)


def test_tests_mirror_the_source() -> None:
    sources, tests = ROOT / "src" / "stillwatch", ROOT / "tests"
    beside = {"scenarios", "spark", "golden", "bench", "training", "lab", "smallest"}
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
    pages = ("contract.md", "contract-outputs.md", "contract-access.md")  # what goes in, what comes out
    text = "\n".join((ROOT / "docs" / page).read_text(encoding="utf-8") for page in pages)
    block = re.search(rf"^### {table}\b.*?\n(.*?)(?=^##|\Z)", text, re.DOTALL | re.MULTILINE)
    assert block is not None, f"no page of the contract has a section `{table}`"
    for names, kind in re.findall(r"^\| (`[^|]*) \| ([^|]*?) \|", block[1], re.MULTILINE):
        for name, star in re.findall(r"`(\w+)`(\*?)", names):
            yield name, kind, star == "*"
