"""Ed25519 keys of people who answer for dossiers, and DSSE envelopes signed by them.

Private keys are files of OpenSSH or PEM without a passphrase. Public keys that a checker trusts stand in a file of
OpenSSH's `allowed_signers` (`ssh-keygen(1)`), where `valid-before` withdraws one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    load_pem_private_key,
    load_ssh_private_key,
    load_ssh_public_key,
)
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import Error, VerificationError
from securesystemslib.signer import CryptoSigner, SSlibKey

from stillwatch.custody.lines import canonical, parsed
from stillwatch.errors import Mistake, UsageError, reason_of

_WORD = r'(?:[^\s"]|"(?:[^"\\]|\\.)*")+'
_SIGNER = re.compile(rf"(?P<who>{_WORD})\s+(?:(?P<options>{_WORD})\s+)?(?P<key>ssh-ed25519\s+\S+)(?:\s.*)?")
_VALID = re.compile(r'valid-(?P<end>after|before)="?(?P<at>\d{8}(?:\d{4}(?:\d{2})?)?)Z?"?')
_BARE = re.compile(r"(?P<key>ssh-ed25519\s+\S+)(?:\s.*)?")


@dataclass(frozen=True, slots=True)
class Trusted:
    """A public key that the checker trusts: whose it is, and between which moments."""

    key_id: str
    who: str
    valid_after: datetime | None = None
    valid_before: datetime | None = None


def load_signer(path: Path) -> CryptoSigner:
    """The private key of a file; raises UsageError where it holds no usable one."""
    remedy = "make one with `ssh-keygen -t ed25519 -N '' -f FILE`"
    where = f"key file `{path}`"
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise UsageError([Mistake(where, f"cannot be read ({error.strerror})", remedy)]) from error
    load = load_ssh_private_key if b"OPENSSH PRIVATE KEY" in raw else load_pem_private_key
    try:
        key = load(raw, None)
    except TypeError as error:
        raise UsageError([Mistake(where, "is locked by a passphrase", "give a copy without one")]) from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise UsageError([Mistake(where, "holds no private key that can be read", remedy)]) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise UsageError([Mistake(where, "holds no ed25519 key", remedy)])
    return CryptoSigner(key)


def load_trusted(path: Path) -> tuple[Trusted, ...]:
    """The ed25519 keys of a file of `allowed_signers`, or of `.pub` files; raises UsageError where it is neither."""
    where, remedy = f"key file `{path}`", "name a file in the form of OpenSSH's `allowed_signers`"
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError([Mistake(where, f"cannot be read ({reason_of(error)})", remedy)]) from error
    found, mistakes = [], []
    for number, line in enumerate(lines, 1):
        if line.strip() and not line.lstrip().startswith("#"):
            one = _trusted(line.strip())
            if one is None:
                mistakes.append(Mistake(f"{where}, line {number}", "names no ed25519 key", remedy))
            else:
                found.append(one)
    if mistakes or not found:
        raise UsageError(mistakes or [Mistake(where, "names no key", remedy)])
    return tuple(found)


def _trusted(line: str) -> Trusted | None:
    match = _BARE.fullmatch(line) or _SIGNER.fullmatch(line)
    if match is None:
        return None
    try:
        key = load_ssh_public_key(match["key"].encode())
        ends = {one["end"]: _moment(one["at"]) for one in _VALID.finditer(match.groupdict().get("options") or "")}
    except (ValueError, UnsupportedAlgorithm):
        return None
    if not isinstance(key, Ed25519PublicKey):
        return None
    who = match.groupdict().get("who") or "the named key"
    return Trusted(SSlibKey.from_crypto(key).keyid, who, ends.get("after"), ends.get("before"))


def _moment(digits: str) -> datetime:
    return datetime.strptime(digits.ljust(14, "0"), "%Y%m%d%H%M%S").replace(tzinfo=UTC)


def public_line(signer: CryptoSigner) -> bytes:
    """The public key as one line of JSON."""
    return canonical(signer.public_key.to_dict())


def signed(payload: Mapping[str, Any] | bytes, payload_type: str, signer: CryptoSigner) -> bytes:
    """A DSSE envelope around the payload, as one line of JSON."""
    body = payload if isinstance(payload, bytes) else canonical(payload)
    envelope = Envelope(body, payload_type, {})
    envelope.sign(signer)
    return canonical(envelope.to_dict())


def opened(line: bytes, payload_type: str, public: bytes) -> tuple[bytes, str]:
    """The payload of an envelope and the id of the key that signed it; raises ValueError where anything was changed.

    `public` is the line of the key that should have signed.
    """
    try:
        key = _public(public)
        envelope = Envelope.from_dict(parsed(line))
        if canonical(envelope.to_dict()) != line:
            raise ValueError("the envelope is not spelt as it was written")
        if list(envelope.signatures) != [key.keyid] or envelope.payload_type != payload_type:
            raise ValueError("the envelope is not what it should be, or another key's")
        envelope.verify([key], 1)
    except VerificationError as error:
        raise ValueError("the signature is not of this key over these words") from error
    except (Error, KeyError, TypeError, AttributeError) as error:
        raise ValueError("it is no signed envelope") from error
    return envelope.payload, key.keyid


def _public(line: bytes) -> SSlibKey:
    """The key of a line; its id follows from the key, so that neither can be changed alone."""
    raw = bytes.fromhex(parsed(line)["keyval"]["public"])
    key = SSlibKey.from_crypto(Ed25519PublicKey.from_public_bytes(raw))
    if canonical(key.to_dict()) != line:
        raise ValueError("the public key is not spelt as it was written")
    return key
