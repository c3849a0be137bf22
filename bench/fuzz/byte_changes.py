"""Changes of bytes whatever they mean: flipped, set, cut, doubled, spliced, and hostile ones put between."""

from __future__ import annotations

import gzip
import random
import zlib

import pyarrow as pa

TOKENS = (
    *(
        b"\x00",
        b"\xff",
        b"\xfe\xff",
        b"\xef\xbb\xbf",
        b"\xed\xa0\x80",
        b"\xc0\x80",
        b"\xf4\x90\x80\x80",
        b"\xe2\x80\xae",
    ),
    *(b"\r", b"\n", b"\r\n", b"\n\r", b"\x0b\x0c\x1c\x85", b"\xe2\x80\xa8", b"\x1a", b"\x1b[31m"),
    *(b'"', b"'", b"\\", b'\\"', b'""', b",", b";", b"\t", b"{", b"}", b"[", b"]", b":", b"[" * 300, b'{"a":' * 300),
    *(b"\\u0000", b"\\ud800", b"\\udfff\\ud800", b"null", b"NaN", b"-Infinity", b"1e999", b"-0", b"9" * 400, b"0x1F"),
    *(b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff\xff\xff\xff\xff", b"\x80" * 9 + b"\x01", b"PAR1", b"\x1f\x8b\x08\x00"),
    *(b"\x28\xb5\x2f\xfd", b"\x0a\xff\xff\xff\xff\x0f", b"\x00" * 600, b"A" * 5_000),
)
ENCODINGS = ("utf-16", "utf-16-le", "utf-32", "utf-8-sig", "latin-1", "utf-7")
HIGH = 0.4


def change(data: bytes, chance: random.Random, low: int = 0) -> bytes:
    """The bytes with some changes, none of them before the place `low`."""
    out = bytearray(data)
    for _ in range(chance.choice((1, 1, 1, 2, 3, 8))):
        chance.choice(_CHANGES)(out, chance, min(low, len(out)))
    return bytes(out)


def encode(data: bytes, chance: random.Random) -> bytes:
    """Text in another encoding."""
    return data.decode("utf-8", "replace").encode(chance.choice(ENCODINGS), "replace")


def compress(data: bytes, suffix: str, chance: random.Random) -> bytes:
    """The bytes compressed as the suffix says, sometimes in several parts, padded, cut or damaged."""
    cut = chance.randrange(len(data) + 1) if chance.random() < HIGH else len(data)
    out = b"".join(_packed(part, suffix, chance) for part in (data[:cut], data[cut:]) if part or cut == len(data))
    kind = chance.random()
    if kind < 0.3:
        return change(out, chance)
    if kind < 0.45:
        return out[: chance.randrange(len(out) + 1)]
    if kind < 0.6:
        return out + chance.choice((b"\0" * 1_000, b"rest", b"\x1f\x8b", out[:9]))
    return out


def _packed(data: bytes, suffix: str, chance: random.Random) -> bytes:
    if suffix == ".zst":
        return pa.compress(data, codec="zstd", asbytes=True)
    if chance.random() < 0.1:
        return zlib.compress(data)  # no gzip, though its name says so
    return gzip.compress(data, chance.randrange(1, 10), mtime=0)


def _flip(out: bytearray, chance: random.Random, low: int) -> None:
    if low < len(out):
        out[chance.randrange(low, len(out))] ^= 1 << chance.randrange(8)


def _set(out: bytearray, chance: random.Random, low: int) -> None:
    if low < len(out):
        out[chance.randrange(low, len(out))] = chance.choice((0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)))


def _put(out: bytearray, chance: random.Random, low: int) -> None:
    at = chance.randrange(low, len(out) + 1)
    out[at:at] = chance.choice(TOKENS)


def _over(out: bytearray, chance: random.Random, low: int) -> None:
    at, token = chance.randrange(low, len(out) + 1), chance.choice(TOKENS)
    out[at : at + len(token)] = token


def _drop(out: bytearray, chance: random.Random, low: int) -> None:
    at = chance.randrange(low, len(out) + 1)
    del out[at : at + chance.choice((1, 2, 7, 60))]


def _double(out: bytearray, chance: random.Random, low: int) -> None:
    at, to, size = (
        chance.randrange(low, len(out) + 1),
        chance.randrange(low, len(out) + 1),
        chance.choice((1, 9, 90, 900)),
    )
    out[to:to] = out[at : at + size]


def _cut(out: bytearray, chance: random.Random, low: int) -> None:
    del out[chance.randrange(low, len(out) + 1) :]


def _noise(out: bytearray, chance: random.Random, low: int) -> None:
    at = chance.randrange(low, len(out) + 1)
    out[at : at + 20] = chance.randbytes(20)


_CHANGES = (_flip, _flip, _set, _set, _put, _put, _over, _drop, _double, _noise, _cut)
