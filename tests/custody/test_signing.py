"""Only a whole envelope of the right key opens, and keys that cannot be used are told."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from stillwatch.custody.lines import canonical, parsed
from stillwatch.custody.signing import load_signer, load_trusted, opened, public_line, signed
from stillwatch.errors import UsageError
from tests.custody.keys import write_key

KIND = "application/x-test"


def test_an_envelope_opens_again(tmp_path: Path) -> None:
    signer = load_signer(write_key(tmp_path)[0])
    line = signed({"a": 1}, KIND, signer)
    assert opened(line, KIND, public_line(signer)) == (b'{"a":1}', signer.public_key.keyid)


def test_no_changed_bit_opens(tmp_path: Path) -> None:
    signer = load_signer(write_key(tmp_path)[0])
    line, public = signed({"a": 1, "b": "ü"}, KIND, signer), public_line(signer)
    for whole, other, place in ((line, public, 0), (public, line, 1)):
        for at in range(len(whole) * 8):
            changed = bytearray(whole)
            changed[at // 8] ^= 1 << at % 8
            pair = (bytes(changed), other) if place == 0 else (other, bytes(changed))
            with pytest.raises(ValueError, match=r"."):
                opened(pair[0], KIND, pair[1])


def test_another_key_or_kind_does_not_open(tmp_path: Path) -> None:
    signer = load_signer(write_key(tmp_path)[0])
    other = load_signer(write_key(tmp_path, "other")[0])
    line = signed({}, KIND, signer)
    with pytest.raises(ValueError, match="another key"):
        opened(line, KIND, public_line(other))
    with pytest.raises(ValueError, match="not what it should be"):
        opened(line, "text/plain", public_line(signer))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot be read"),
        (b"hello", "holds no private key"),
        (
            generate_private_key(SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
            "no ed25519 key",
        ),
        (
            Ed25519PrivateKey.generate().private_bytes(
                Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")
            ),
            "passphrase",
        ),
    ],
)
def test_unusable_keys_are_told(tmp_path: Path, content: bytes | None, said: str) -> None:
    if content is not None:
        (tmp_path / "key").write_bytes(content)
    with pytest.raises(UsageError, match=said):
        load_signer(tmp_path / "key")


def test_trusted_keys_and_their_ends(tmp_path: Path) -> None:
    private, public = write_key(tmp_path)
    key = public.read_text(encoding="utf-8").strip()
    listed = tmp_path / "signers"
    listed.write_text(
        f"# who seals\n\ndesk@example.org {key}\n"
        f'desk@example.org namespaces="file",valid-after="20260101",valid-before="20261101120000Z" {key} old laptop\n',
        encoding="utf-8",
    )
    first, second = load_trusted(listed)
    assert {first.key_id, second.key_id} == {load_signer(private).public_key.keyid}
    assert (first.who, first.valid_before) == ("desk@example.org", None)
    assert second.valid_after == datetime(2026, 1, 1, tzinfo=UTC)
    assert second.valid_before == datetime(2026, 11, 1, 12, tzinfo=UTC)
    assert load_trusted(public)[0].key_id == first.key_id


@pytest.mark.parametrize("text", ["", "# nothing\n", "desk ssh-rsa AAAA\n", "desk ssh-ed25519 AAAA\n", "desk\n"])
def test_a_file_without_keys_is_told(tmp_path: Path, text: str) -> None:
    (tmp_path / "signers").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match="names no"):
        load_trusted(tmp_path / "signers")


@pytest.mark.parametrize("line", [b'{"a": 1}', b'{"b":1,"a":2}', b"[1,]", b"\xff", b"NaN", b'"\xc3\xbc"'])
def test_other_spellings_are_refused(line: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        parsed(line)


def test_what_is_not_a_number_has_no_spelling() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical(float("nan"))
