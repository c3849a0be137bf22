"""Rows stay; what is damaged, full, locked, older or newer says so, and nothing that was acknowledged is lost."""

from __future__ import annotations

import random
import signal
import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.script import ScriptDirectory

from stillwatch.errors import InputError, OutputError, StillwatchError, UsageError
from stillwatch.ledger import FILE, Attribution, Judged, Judgement, View, connecting, opened
from stillwatch.ledger.exchanged import Sighting
from stillwatch.ledger.failures import explained
from stillwatch.ledger.ledger import Ledger
from stillwatch.ledger.migrating import settings
from stillwatch.ledger.tables import HEAD, METADATA
from tests.ledger.made import NOW, decision, identity, told


class TestTables:
    def test_are_those_that_the_migrations_make(self, ledger: Ledger) -> None:
        with ledger.reading() as connection:
            found = sa.inspect(connection)
            for table in METADATA.tables.values():
                columns = found.get_columns(table.name)
                assert [(one["name"], one["nullable"]) for one in columns] == [
                    (one.name, one.nullable) for one in table.columns
                ]
                assert {one["name"] for one in found.get_indexes(table.name) if not one["unique"]} == {
                    one.name for one in table.indexes
                }

    def test_take_ids_of_any_length(self, ledger: Ledger) -> None:
        long = "".join(map(chr, random.Random(7).choices(range(0x4E00, 0x9FFF), k=7_000)))
        ledger.decisions.add([decision("1"), decision("2", account_id=long)])
        ledger.judgements.add(Judgement(long, "unsure", "Bo", NOW, "seen"))
        ledger.notes.add(long, "Bo", NOW, "seen")
        ledger.views.add([View(NOW, "Bo", "show", long)])
        ledger.claims.take(long, "Bo", NOW, timedelta(days=1))
        ledger.proposals.add(long, "confirmed", "Bo", NOW, "seen")
        assert [one.decision.decision_id for one in ledger.decisions.list(account_id=long)] == ["d2"]
        assert [one.verdict for one in ledger.judgements.list(long)] == ["unsure"]
        assert len(ledger.views.list(long)) == len(ledger.claims.held(NOW)) == len(ledger.proposals.waiting()) == 1

    def test_are_of_the_newest_migration(self) -> None:
        assert ScriptDirectory.from_config(settings()).get_current_head() == HEAD

    @pytest.mark.parametrize("table", sorted(METADATA.tables))
    def test_keep_their_rows(self, ledger: Ledger, table: str) -> None:
        ledger.decisions.add([decision()])
        ledger.decisions.reverse("d1", "Bo", NOW, "wrong")
        appeal = ledger.appeals.receive("d1", "No.", NOW)
        ledger.appeals.decide(appeal.appeal_id, "overturned", "Cy", NOW, "a class")
        key, _ = ledger.keys.create("gateway", "verdict", NOW)
        ledger.keys.revoke(key.key_id, "Bo", NOW)
        ledger.notes.add("n1", "Bo", NOW, "seen")
        share = ledger.shares.add(told(), [identity()])
        ledger.shares.delivered(share.share_id, "Bo", NOW)
        ledger.received.add("northwind", [identity("other")], NOW, 10)
        ledger.received.see([Sighting("northwind", identity("other")["id"], "n1", "7", NOW)])
        ledger.attributions.add([Attribution("C1", "hypothesis", "Bo", NOW, "H1", text="one firm")])
        ledger.sessions.end(ledger.sessions.begin("Bo", "viewer", "token", NOW, timedelta(days=1)), "Bo", NOW)
        ledger.people.grant("Bo", "viewer", "Cy", NOW)
        ledger.claims.take("n1", "Bo", NOW, timedelta(days=1))
        ledger.claims.release("n1", "Bo", NOW)
        ledger.judgements.take_back(
            ledger.proposals.add("n1", "unsure", "Bo", NOW, "x").proposal_id, "x", "Cy", NOW, "y"
        )
        ledger.judgements.note_finding(Judged("j1", "7", "act", 3, (("same_address", 2.0),)))
        ledger.saved_views.add("Bo", "mine", "/campaigns", NOW)
        ledger.bulk_actions.add("reverse", "Bo", NOW, "x", ["d1"], {})
        with ledger.writing() as connection:
            connection.execute(sa.text("INSERT INTO audit (at, by, action, subject) VALUES (1, 'Bo', 'account', 'a')"))
        first = METADATA.tables[table].columns[0].name
        for change in (f"UPDATE {table} SET {first} = {first}", f"DELETE FROM {table}"):
            with pytest.raises(StillwatchError, match="append-only"), ledger.writing() as connection:
                connection.execute(sa.text(change))
        with ledger.reading() as connection:
            assert connection.execute(sa.select(sa.func.count()).select_from(METADATA.tables[table])).scalar() == 1

    def test_cannot_be_replaced_or_emptied(self, tmp_path: Path, database: str) -> None:
        with opened(tmp_path) as ledger, ledger.writing() as connection:
            ledger.decisions.add([decision()])
            connection.exec_driver_sql("INSERT OR REPLACE INTO decisions SELECT * FROM decisions")
            connection.exec_driver_sql("INSERT OR REPLACE INTO decision_events VALUES ('d1', 'approved', 'Bo', 1, '')")
            connection.exec_driver_sql("INSERT OR REPLACE INTO decision_events VALUES ('d1', 'approved', 'Cy', 2, '')")
            assert connection.exec_driver_sql("SELECT by FROM decision_events").scalar() == "Bo"
        with opened(database) as ledger:
            ledger.decisions.add([decision()])
            with pytest.raises(StillwatchError, match="append-only"), ledger.writing() as connection:
                connection.exec_driver_sql("TRUNCATE decisions")
            assert len(ledger.decisions.list()) == 1


class TestTransactions:
    def test_keep_all_or_nothing(self, ledger: Ledger) -> None:
        with pytest.raises(RuntimeError), ledger.writing():
            ledger.decisions.add([decision()])
            ledger.notes.add("n1", "Bo", NOW, "seen")
            raise RuntimeError
        assert ledger.decisions.list() == ()
        assert ledger.notes.list("n1") == ()

    def test_of_two_writers_wait_for_each_other(self, where: Path | str) -> None:
        """Each of four threads reads how many there are and adds the next: no number is given twice."""

        def work(_: int) -> None:
            with opened(where) as mine:
                for _ in range(10):
                    with mine.writing():
                        mine.decisions.add([decision(str(len(mine.decisions.list())))])

        with opened(where) as ledger:
            with ThreadPoolExecutor(4) as pool:
                list(pool.map(work, range(4)))
            assert len(ledger.decisions.list()) == 40

    def test_of_one_ledger_belong_to_their_thread(self, ledger: Ledger) -> None:
        seen: list[int] = []
        with ledger.writing():
            ledger.decisions.add([decision()])
            other = threading.Thread(target=lambda: seen.append(len(ledger.decisions.list())))
            other.start()
            other.join()
        assert seen == [0]
        assert len(ledger.decisions.list()) == 1

    def test_that_read_cannot_write(self, ledger: Ledger) -> None:
        with pytest.raises(AssertionError), ledger.reading():
            ledger.decisions.add([decision()])

    def test_wait_only_so_long(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(connecting, "BUSY_SECONDS", 0.1)
        with opened(tmp_path) as ledger, opened(tmp_path) as other, ledger.writing():
            with pytest.raises(OutputError, match="is being written by another process"):
                other.decisions.add([decision()])
            ledger.decisions.add([decision("2")])
        with opened(tmp_path) as ledger:
            assert [one.decision.decision_id for one in ledger.decisions.list()] == ["d2"]


class TestOpening:
    def test_twice_at_once_makes_one_ledger(self, where: Path | str) -> None:
        def work(number: int) -> int:
            with opened(where) as mine:
                return len(mine.decisions.add([decision(str(number))]))

        with ThreadPoolExecutor(6) as pool:
            assert list(pool.map(work, range(6))) == [1] * 6
        with opened(where) as ledger:
            assert len(ledger.decisions.list()) == 6

    def test_needs_a_ledger_where_none_is_to_be_made(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="there is no ledger in"), opened(tmp_path / "typo", create=False):
            pass
        assert not (tmp_path / "typo").exists()

    def test_of_a_file_or_a_strange_url_is_a_mistake(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        with pytest.raises(UsageError, match="is a file, not a folder"), opened(tmp_path / "file"):
            pass
        with pytest.raises(UsageError, match="is no database that keeps a ledger"), opened("mysql://me:secret@host/x"):
            pass

    def test_of_a_server_that_is_not_there_tells_no_password(self) -> None:
        with (
            pytest.raises(OutputError, match="cannot be reached") as caught,
            opened("postgresql://me:hunter2@127.0.0.1:1/none"),
        ):
            pass
        assert "hunter2" not in str(caught.value)

    def test_of_a_newer_ledger_is_refused_and_changes_nothing(self, where: Path | str) -> None:
        with opened(where) as ledger:
            ledger.decisions.add([decision()])
            with ledger.writing() as connection:
                connection.execute(sa.text("UPDATE alembic_version SET version_num = 'ledger_99'"))
        with pytest.raises(InputError, match="newer version"), opened(where):
            pass
        if isinstance(where, Path):
            found = sqlite3.connect(where / FILE).execute("SELECT count(*) FROM decisions").fetchone()
            assert found == (1,)

    def test_of_an_empty_file_makes_the_tables(self, tmp_path: Path) -> None:
        (tmp_path / FILE).touch()
        with opened(tmp_path) as ledger:
            assert ledger.decisions.add([decision()])

    def test_of_a_database_of_something_else_is_refused(self, tmp_path: Path) -> None:
        with sqlite3.connect(tmp_path / FILE) as other:
            other.execute("CREATE TABLE decisions (what TEXT)")
        with pytest.raises(InputError, match="is no ledger's"), opened(tmp_path):
            pass

    def test_makes_a_file_that_strangers_cannot_read(self, tmp_path: Path) -> None:
        with opened(tmp_path) as ledger:
            ledger.decisions.add([decision()])
            assert {path.stat().st_mode & 0o007 for path in tmp_path.glob(f"{FILE}*")} == {0}


class TestDamage:
    def test_of_the_beginning_is_said(self, tmp_path: Path) -> None:
        (tmp_path / FILE).write_bytes(b"no database" * 1_000)
        with pytest.raises(InputError, match=r"is damaged .*restore it"), opened(tmp_path):
            pass

    def test_of_the_middle_is_found_by_a_check(self, tmp_path: Path) -> None:
        with opened(tmp_path) as ledger:
            ledger.decisions.add([decision(str(number)) for number in range(500)])
            ledger.check()
        raw = bytearray((tmp_path / FILE).read_bytes())
        raw[len(raw) // 2 : len(raw) // 2 + 8_192] = bytes(8_192)
        (tmp_path / FILE).write_bytes(raw)
        with pytest.raises(InputError, match="is damaged"), opened(tmp_path) as ledger:
            ledger.check()


class TestFullDisk:
    def test_keeps_what_was_there(self, tmp_path: Path) -> None:
        with opened(tmp_path) as ledger:
            ledger.decisions.add([decision()])
            with pytest.raises(OutputError, match="no space left"), ledger.writing() as connection:
                pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
                connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 1}")
                ledger.decisions.add([decision(str(number)) for number in range(2, 500)])
        with opened(tmp_path) as ledger:
            assert [one.decision.decision_id for one in ledger.decisions.list()] == ["d1"]
            ledger.check()

    @pytest.mark.parametrize("limit", [16_000, 150_000])
    def test_is_said_where_the_system_says_it(self, tmp_path: Path, limit: int) -> None:
        """A limit on the size of files stands in for the full disk: the system refuses the write itself."""
        with opened(tmp_path) as ledger:
            ledger.decisions.add([decision()])
        script = (
            "import resource, sys; from pathlib import Path; from stillwatch.ledger import opened;"
            "from stillwatch.errors import OutputError; from tests.ledger.made import decision\n"
            "resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]),) * 2)\n"
            "try:\n"
            "    with opened(Path(sys.argv[1])) as ledger:\n"
            "        ledger.decisions.add([decision(str(n)) for n in range(2, 3_000)])\n"
            "except OutputError as error: print(error, file=sys.stderr)\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", script, str(tmp_path), str(limit)], capture_output=True, text=True, timeout=120
        )
        assert "no space left" in done.stderr
        with opened(tmp_path) as ledger:
            assert len(ledger.decisions.list()) == 1
            ledger.check()


def meaning(error: BaseException) -> tuple[str, str]:
    """The sort of error and its words, of what a database has said."""
    with pytest.raises((InputError, OutputError)) as caught, explained("l"):
        raise sa.exc.DBAPIError("SELECT 1", {}, error)
    return type(caught.value).__name__, str(caught.value)


@pytest.mark.parametrize(
    ("code", "sort", "said"),
    [
        (sqlite3.SQLITE_FULL, "OutputError", "no space left"),
        (sqlite3.SQLITE_IOERR_SHMSIZE, "OutputError", "no space left"),
        (sqlite3.SQLITE_IOERR_WRITE, "OutputError", "no space left"),
        (sqlite3.SQLITE_IOERR_FSYNC, "OutputError", "the disk's space, quota and health"),
        (sqlite3.SQLITE_IOERR_SHMMAP, "OutputError", "the disk's space, quota and health"),
        (sqlite3.SQLITE_CANTOPEN, "OutputError", "free space there"),
        (sqlite3.SQLITE_IOERR_READ, "InputError", "damaged"),
        (sqlite3.SQLITE_IOERR_SHORT_READ, "InputError", "damaged"),
        (sqlite3.SQLITE_CORRUPT, "InputError", "damaged"),
    ],
)
def test_a_full_disk_is_told_from_damage(code: int, sort: str, said: str) -> None:
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorcode = code
    found = meaning(error)
    assert found[0] == sort
    assert said in found[1]
    assert ("damaged" in found[1]) == (said == "damaged")


@pytest.mark.parametrize(("state", "said"), [("53100", "no space left"), ("53300", "(x); "), ("58030", "the disk's")])
def test_a_server_without_space_is_told_from_one_that_has_too_many_users(state: str, said: str) -> None:
    class StateError(Exception):
        sqlstate = state

    sort, words = meaning(StateError("x"))
    assert (sort, said in words) == ("OutputError", True)
    assert ("no space" in words) == (state == "53100")


WRITER = """
import sys
from stillwatch.ledger import opened
from tests.ledger.made import decision
from pathlib import Path
where = sys.argv[1] if "://" in sys.argv[1] else Path(sys.argv[1])
with opened(where) as ledger:
    for number in range(int(sys.argv[2]), 1_000_000):
        # the first half of every pair was added by the run before, if that came so far
        ledger.decisions.add([decision(f"{n}") for n in range(max(0, number * 3 - 3), number * 3 + 3)])
        print(number, flush=True)
"""


def test_killed_at_random_points_loses_and_doubles_nothing(where: Path | str) -> None:
    """A process that adds decisions is killed many times; each acknowledged batch is there, whole and once."""
    chance, begin = random.Random(7), 0
    with opened(where):
        pass
    for _ in range(12):
        process = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(where), str(begin)], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        acknowledged = begin - 1
        stop_after = chance.randrange(1, 40)
        for line in process.stdout:
            acknowledged = int(line)
            if acknowledged >= begin + stop_after:
                process.send_signal(signal.SIGKILL)
                break
        acknowledged = max([acknowledged, *(int(line) for line in process.stdout)])
        process.wait(timeout=60)
        with opened(where) as ledger, ledger.reading() as connection:
            ids = [int(row[0][1:]) for row in connection.execute(sa.text("SELECT decision_id FROM decisions"))]
        assert len(ids) == len(set(ids))
        assert set(range(acknowledged * 3 + 3)) <= set(ids)
        assert len(ids) % 3 == 0, "a batch is there in part"
        begin = max(0, acknowledged)
