"""Sessions hold until they expire or are ended, roles until a newer grant, and no secret is kept."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from stillwatch.errors import UsageError
from stillwatch.ledger.ledger import Ledger
from tests.ledger.made import DAY, NOW


class TestSessions:
    def test_hold_until_they_expire(self, ledger: Ledger) -> None:
        secret = ledger.sessions.begin("Bo", "analyst", "token", NOW, DAY)
        found = ledger.sessions.find(secret, NOW)
        assert found is not None
        assert (found.person, found.role, found.expires_at) == ("Bo", "analyst", NOW + DAY)
        assert ledger.sessions.find(secret, NOW + DAY) is None
        assert ledger.sessions.find(secret + "x", NOW) is None

    def test_are_ended_one_or_all(self, ledger: Ledger) -> None:
        secrets = [ledger.sessions.begin(name, "viewer", "token", NOW, DAY) for name in ("Bo", "Bo", "Cy", "bo")]
        ledger.sessions.end(secrets[0], "Bo", NOW)
        assert [one.person for one in ledger.sessions.list(NOW)].count("Bo") == 1
        assert ledger.sessions.end_all("BO", "Cy", NOW) == 2
        assert [one.person for one in ledger.sessions.list(NOW)] == ["Cy"]
        assert all(ledger.sessions.find(one, NOW) is None for one in (secrets[0], secrets[1], secrets[3]))

    def test_keep_no_secret(self, ledger: Ledger) -> None:
        secret = ledger.sessions.begin("Bo", "viewer", "token", NOW, DAY)
        with ledger.reading() as connection:
            assert secret not in str(connection.execute(sa.text("SELECT * FROM sessions")).all())

    def test_need_a_name_and_a_role_that_exists(self, ledger: Ledger) -> None:
        for person, role in (("", "viewer"), ("Bo", "emperor"), ("Bo", "none")):
            with pytest.raises(UsageError):
                ledger.sessions.begin(person, role, "token", NOW, timedelta(hours=1))


class TestRoles:
    def test_are_those_of_the_newest_grant(self, ledger: Ledger) -> None:
        assert ledger.people.role_of("Bo") is None
        for role in ("admin", "viewer"):
            ledger.people.grant("Bo", role, "Cy", NOW)
        ledger.people.grant("Di", "none", "Cy", NOW)
        assert ledger.people.role_of("Bo") == "viewer"
        assert ledger.people.role_of("b\0o") is None
        assert ledger.people.list() == {"Bo": "viewer", "Di": "none"}

    def test_that_do_not_exist_are_refused(self, ledger: Ledger) -> None:
        with pytest.raises(UsageError, match="is no role"):
            ledger.people.grant("Bo", "emperor", "Cy", NOW)
