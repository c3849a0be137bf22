"""Private matching: two providers learn how many values they have in common, or which, and nothing of the others.

Values are written in one text (`docs/sharing/profile.md`), hashed under a secret that both hold, and filled up with
random ones to a fixed size. Then private set intersection (Diffie-Hellman over elliptic curves, by OpenMined) runs in
two messages, an offer and an answer, each signed under the same secret. Only the offering side learns the result.
"""

from __future__ import annotations

import binascii
import hmac
import json
import secrets
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from stillwatch.errors import InputError, Mistake, UsageError
from stillwatch.key import Key
from stillwatch.ledger.records import in_utc
from stillwatch.records.claims import SAME_PAYMENT_FINGERPRINT
from stillwatch.records.identifiers import read_stamp, stamp
from stillwatch.records.indicators import DEVICE, canonical

PROFILE = "stillwatch-match-1"
SIZES = (1_000, 25_000, 1_000_000)
"""Sizes that a set may have; a smaller one is filled up, so that its size tells no more than this."""
FALSE_MATCHES = 1e-9
"""The chance that any value of a session matches by accident."""
FRESH = timedelta(hours=1)
"""How old a message may be, and how far two clocks may differ."""
LONGEST = 200_000_000
"""Bytes of one message."""

Value = tuple[str, str]
"""A claim, and the one text of its value."""
Message = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Session:
    """What the offering side keeps until the answer: its secret key, its values in order (None for filling)."""

    session: str
    partner: str
    reveal: bool
    key: str
    values: tuple[Value | None, ...]


def normal(claim: str, text: str) -> str | None:
    """The text of a value as the profile writes it; None for what is not matched."""
    if claim == SAME_PAYMENT_FINGERPRINT.name:
        return canonical(DEVICE, text)  # a token of a payment processor, written as other tokens are
    return canonical(claim, text)


def normalised(values: Iterable[Value]) -> list[Value]:
    """The values as the profile writes them, each once, sorted."""
    read = {(claim, normal(claim, text)) for claim, text in values}
    return sorted((claim, value) for claim, value in read if value is not None)


def size_for(count: int) -> int:
    """The least of SIZES that holds so many values; raises UsageError beyond the largest."""
    for size in SIZES:
        if count <= size:
            return size
    raise UsageError([Mistake(f"{count:,} values", f"are more than {SIZES[-1]:,}", "match a smaller run")])


def token(claim: str, value: str, key: Key) -> str:
    """A value under the secret of both sides: nobody else can test guesses on a session that was recorded."""
    said = "\x1f".join((PROFILE, claim, value)).encode()
    return hmac.new(key.subkey("match values").tobytes(), said, sha256).hexdigest()


def offer(
    values: Sequence[Value], ours: str, partner: str, key: Key, reveal: bool, now: datetime
) -> tuple[Message, Session]:
    """The first message, and what to keep for the answer to it."""
    psi = _library()
    size = size_for(len(values))
    kept: list[Value | None] = [*values, *[None] * (size - len(values))]
    secrets.SystemRandom().shuffle(kept)
    client = psi.client.CreateWithNewKey(reveal)
    request = client.CreateRequest([_filled(one, key) for one in kept]).SerializeToString()
    session = secrets.token_hex(16)
    said = _said("offer", session, ours, now) | {"size": size, "reveal": reveal, "request": _packed(request)}
    own = Session(session, partner, reveal, _packed(client.GetPrivateKeyBytes()), tuple(kept))
    return signed(said, key), own


def answer(message: Message, values: Sequence[Value], ours: str, key: Key, reveal: bool, now: datetime) -> Message:
    """The second message; `message` is an offer that `checked` let pass.

    Raises UsageError where it asks for the values themselves and `reveal` does not agree.
    """
    psi = _library()
    if message["reveal"] and not reveal:
        remedy = "add `--reveal` if both sides agreed, or ask for an offer of how many only"
        raise UsageError([Mistake("the offer", "asks which values are common", remedy)])
    request = _parsed(psi.Request(), message["request"])
    if len(request.encrypted_elements) != message["size"] or request.reveal_intersection != message["reveal"]:
        raise InputError("the offer is not what it says; ask its maker for another")
    own = [_filled(one, key) for one in [*values, *[None] * (size_for(len(values)) - len(values))]]
    server = psi.server.CreateWithNewKey(message["reveal"])
    setup = server.CreateSetupMessage(FALSE_MATCHES, message["size"], own, psi.DataStructure.GCS)
    response = server.ProcessRequest(request)
    said = _said("answer", message["session"], ours, now) | {
        "size": len(own),
        "setup": _packed(setup.SerializeToString()),
        "response": _packed(response.SerializeToString()),
    }
    return signed(said, key)


def result(message: Message, kept: Session) -> tuple[int, list[Value]]:
    """How many values are common, and which, where both sides agreed to that; `message` was let pass by `checked`."""
    psi = _library()
    client = psi.client.CreateFromKey(_unpacked(kept.key), kept.reveal)
    setup = _parsed(psi.ServerSetup(), message["setup"])
    response = _parsed(psi.Response(), message["response"])
    if len(response.encrypted_elements) != len(kept.values):
        raise InputError("the answer is not what it says; make another offer")
    try:
        if not kept.reveal:
            return client.GetIntersectionSize(setup, response), []
        places = client.GetIntersection(setup, response)
    except RuntimeError as error:
        raise InputError("the answer cannot be read; make another offer") from error
    common = [one for one in (kept.values[place] for place in places) if one is not None]
    return len(common), sorted(common)


def signed(said: Message, key: Key) -> Message:
    """The message with its signature."""
    return {**said, "signature": _signature(said, key)}


def checked(raw: bytes, kind: str, ours: str, key: Key, now: datetime) -> Message:
    """A message that is whole, signed by the partner and fresh; raises InputError where it is not."""
    try:
        said = json.loads(raw) if len(raw) <= LONGEST else None
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict) or not isinstance(said.get("signature"), str):
        raise InputError(f"this is no {kind} of `share match`; name the file that the partner sent")
    signature = said.pop("signature")
    if not hmac.compare_digest(signature.encode(), _signature(said, key).encode()):
        raise InputError(
            f"the {kind} is not signed with the secret of this partner, or was changed on its way; "
            "compare the secrets, and ask for the file again"
        )
    if said.get("kind") != kind or said.get("profile") != PROFILE or said.get("from") == ours:
        raise InputError(
            f"this is no {kind} of the partner under the profile `{PROFILE}`; name the file that the partner sent"
        )
    made = read_stamp(said.get("at"))
    if made is None or abs(in_utc(now) - made) > FRESH:
        raise InputError(f"the {kind} is older than an hour, or a clock is wrong; make another")
    _shape(said, kind)
    return said


def _shape(said: Message, kind: str) -> None:
    texts = ("session", "request") if kind == "offer" else ("session", "setup", "response")
    fits = all(isinstance(said.get(name), str) for name in texts) and said.get("size") in SIZES
    if not fits or (kind == "offer" and not isinstance(said.get("reveal"), bool)):
        raise InputError(f"the {kind} lacks what the profile asks for; ask the partner for another")


def _said(kind: str, session: str, ours: str, now: datetime) -> dict[str, Any]:
    return {"kind": kind, "profile": PROFILE, "session": session, "from": ours, "at": stamp(now)}


def _signature(said: Message, key: Key) -> str:
    whole = json.dumps(said, sort_keys=True, separators=(",", ":")).encode()
    return hmac.new(key.subkey("match signature").tobytes(), whole, sha256).hexdigest()


def _filled(value: Value | None, key: Key) -> str:
    return secrets.token_hex(32) if value is None else token(*value, key)


def _packed(raw: bytes) -> str:
    return b64encode(raw).decode()


def _unpacked(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise InputError("a part of the message cannot be read; make another") from error


def _parsed(empty: Any, text: str) -> Any:
    from google.protobuf.message import DecodeError

    try:
        empty.ParseFromString(_unpacked(text))
    except DecodeError as error:
        raise InputError("a part of the message cannot be read; make another") from error
    return empty


def _library() -> Any:
    try:
        import private_set_intersection.python as psi
    except ModuleNotFoundError as error:
        remedy = "install it with `pip install 'stillwatch[match]'`"
        raise UsageError([Mistake("`share match`", f"needs the package `{error.name}`", remedy)]) from error
    return psi
