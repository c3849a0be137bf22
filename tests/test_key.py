"""Key files: what is taken, what is refused, and that purposes and keys stay apart."""

from __future__ import annotations

from pathlib import Path

import pytest

from stillwatch.errors import UsageError
from stillwatch.key import MAXIMUM_BYTES, Key, load_key


def test_hexadecimal_and_raw_files_of_the_same_bytes_are_the_same_key(tmp_path: Path) -> None:
    secret = bytes(range(128, 160))
    (tmp_path / "raw").write_bytes(secret)
    (tmp_path / "hex").write_text(secret.hex() + "\n")
    assert load_key(tmp_path / "raw") == load_key(tmp_path / "hex") == Key(secret)


@pytest.mark.parametrize("content", [b"", b"short", b"00" * 15, b"x" * (MAXIMUM_BYTES + 1)])
def test_what_is_no_key_is_refused_with_place_and_remedy(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "key"
    path.write_bytes(content)
    with pytest.raises(UsageError) as caught:
        load_key(path)
    assert str(path) in str(caught.value)
    assert caught.value.exit_code == 2


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        load_key(tmp_path / "absent")


def test_purposes_and_keys_stay_apart() -> None:
    one, other = Key(b"1" * 16), Key(b"2" * 16)
    seen = {bytes(key.subkey(purpose)) for key in (one, other) for purpose in ("payload", "address", "user_agent")}
    assert len(seen) == 6
    assert one.key_id != other.key_id


def test_a_key_does_not_print_its_secret() -> None:
    assert "secretsecret" not in repr(Key(b"secretsecretsecret"))


def test_every_byte_of_a_long_secret_counts() -> None:
    assert Key(b"a" * 200 + b"1").key_id != Key(b"a" * 200 + b"2").key_id
