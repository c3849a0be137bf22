"""A key is found by its secret alone, and the ledger never holds the secret."""

from __future__ import annotations

from pathlib import Path

import pytest

from stillwatch.errors import UsageError
from stillwatch.ledger import FILE, opened
from stillwatch.ledger.ledger import Ledger
from tests.ledger.made import DAY, NOW


def test_is_found_by_its_secret(ledger: Ledger) -> None:
    key, secret = ledger.keys.create("gateway", "verdict", NOW)
    other, _ = ledger.keys.create("form", "ingest", NOW + DAY)
    assert ledger.keys.find(secret) == key
    assert ledger.keys.list() == (key, other)


@pytest.mark.parametrize("wrong", ["", "x", "stillwatch_verdict_", "\0", "\ud800", "x" * 100_000])
def test_is_not_found_by_another(ledger: Ledger, wrong: str) -> None:
    ledger.keys.create("gateway", "verdict", NOW)
    assert ledger.keys.find(wrong) is None


def test_has_a_secret_of_its_own(ledger: Ledger) -> None:
    secrets = {ledger.keys.create(f"key {number}", "read", NOW)[1] for number in range(5)}
    assert len(secrets) == 5
    assert all(len(secret) > 50 for secret in secrets)


def test_leaves_no_secret_in_the_file(tmp_path: Path) -> None:
    with opened(tmp_path) as ledger:
        _, secret = ledger.keys.create("gateway", "verdict", NOW)
    kept = b"".join(path.read_bytes() for path in tmp_path.glob(f"{FILE}*"))
    assert b"gateway" in kept
    assert secret.removeprefix("stillwatch_verdict_").encode() not in kept


def test_is_revoked_once_and_says_by_whom(ledger: Ledger) -> None:
    key, secret = ledger.keys.create("gateway", "verdict", NOW)
    ledger.keys.revoke(key.key_id, "Bo", NOW + DAY)
    ledger.keys.revoke(key.key_id, "Cy", NOW + 2 * DAY)
    found = ledger.keys.find(secret)
    assert found is not None
    assert (found.revoked_at, found.revoked_by) == (NOW + DAY, "Bo")
    assert ledger.keys.create("gateway", "verdict", NOW + DAY)[0].key_id != key.key_id


def test_names_every_mistake(ledger: Ledger) -> None:
    ledger.keys.create("gateway", "verdict", NOW)
    with pytest.raises(UsageError) as caught:
        ledger.keys.create("gateway", "everything", NOW)
    assert [one.where for one in caught.value.mistakes] == ["`--scope`", "`--name`"]
    with pytest.raises(UsageError, match="is not in the ledger"):
        ledger.keys.revoke("k9", "Bo", NOW)
