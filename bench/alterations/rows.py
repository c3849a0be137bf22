"""What a log's rows become: what one campaign's clients write, and what the gateways of all accounts write."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from hashlib import blake2b
from typing import Any

Row = dict[str, Any]
RowChange = Callable[[Row, int], None]  # the row, and its number among those that are changed
EPOCH = datetime(1970, 1, 1)
TEXTS = ("input_text", "system_instructions")
OPTIONAL_NUMBERS = ("input_tokens", "output_tokens", "cached_tokens", "reasoning_tokens", "max_tokens", "choice_count")
FRACTIONS = ("temperature", "top_p")
NAMES = ("user_agent", "client_fingerprint", "device_id", "session_id", "conversation_id", "request_model")
ZERO_WIDTH = ("\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u00ad")
MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class Innocents:
    """Ids of exchanges of accounts in no campaign, in the order of their rows."""

    ids: list[str] = field(default_factory=list)


def _each(names: tuple[str, ...], work: Callable[[str, int], object]) -> RowChange:
    def change(row: Row, place: int) -> None:
        for name in names:
            if row[name] is not None:
                row[name] = work(row[name], place)

    return change


def _between(text: str, sign: str, times: int) -> str:
    """The text with the sign after some of its words."""
    words = text.split(" ")
    for at in range(times):
        words[at * 7 % len(words)] += sign
    return " ".join(words)


def _put(name: str, work: Callable[[Row, int], object]) -> RowChange:
    def change(row: Row, place: int) -> None:
        row[name] = work(row, place)

    return change


def _tool_objects(row: Row, _: int) -> object:
    names = row["tool_names"] or ["bash"]
    return [{"type": "function", "function": {"name": name, "parameters": {}}} for name in names]


def _odd_columns(row: Row, place: int) -> None:
    row |= {"\0": "\0", "\ud800": {"\ud800": ["\0"]}, "Account_ID": "x", " account_id": "y", "exchange_id\0": place}
    row |= {"file_row_number": -1, "source_line": 0, "a" * 5_000: "b", "": None, "\u202etnuocca": "z"}


def _deep(row: Row, _: int) -> None:
    inside: object = "\ud800\0"
    for _ in range(300):
        inside = {"a": [inside]}
    row["metadata"] = inside


def _wrong_types(row: Row, place: int) -> None:
    row["temperature"] = ("0.7", {"value": 0.7}, True, 10**400)[place % 4]
    row["max_tokens"] = ("many", 2**70, [1, 2], -0.5)[place % 4]
    row["choice_count"] = ({}, "NaN", False, [])[place % 4]


def _in_instructions(turn: Callable[[Row, int], str]) -> RowChange:
    """The question stands in the system instructions, and the user's turn says something else."""

    def change(row: Row, place: int) -> None:
        if row["input_text"] is not None:
            said = turn(row, place)
            row["system_instructions"] = f"{row['system_instructions'] or ''}\n{row['input_text']}"
            row["input_text"] = said

    return change


def _noise(row: Row, words: int) -> str:
    return " ".join(blake2b(f"{row['exchange_id']}{word}".encode(), digest_size=4).hexdigest() for word in range(words))


def client(innocents: Innocents) -> Mapping[str, RowChange]:
    """What the campaign's own programs can write, by what it is."""
    ids = innocents.ids
    return {
        "NUL at the end of prompts": _each(TEXTS, lambda text, _: text + "\0"),
        "NUL within prompts, as many as differ": _each(TEXTS, lambda text, n: _between(text, "\0" * (n % 3 + 1), 3)),
        "half letters at the end of prompts": _each(TEXTS, lambda text, n: text + ("\ud800", "\udc00x")[n % 2]),
        "bytes that are no UTF-8 in prompts": _each(TEXTS, lambda text, n: text + ("\udcff", "\udcc0\udc80")[n % 2]),
        "controls and escapes in prompts": _each(TEXTS, lambda text, n: _between(text, "\x1b[31m\x07\x08"[: n % 7], 2)),
        "directions turned in prompts": _each(TEXTS, lambda text, n: _between(text, "\u202e\u2066"[: n % 2 + 1], 2)),
        "letters of no width in prompts": _each(TEXTS, lambda text, n: _between(text, ZERO_WIDTH[n % 6], n % 4 + 1)),
        "5 MB of blanks after some prompts": _each(
            ("input_text",), lambda text, n: text + " " * (5 * MEGABYTE if n % 500 == 0 else 0)
        ),
        "NUL in programs' names": _each(("user_agent",), lambda text, n: text + "\0" * (n % 3 + 1)),
        "programs' names of 100,000 letters": _each(
            ("user_agent",), lambda text, n: text + " " * (100_000 if n % 50 == 0 else 0)
        ),
        "NUL in ids, programs and models": _each(NAMES, lambda text, n: text + "\0" * (n % 3 + 1)),
        "half letters in ids": _each(("device_id", "session_id", "conversation_id"), lambda text, _: text + "\udfff"),
        "tools as objects": _put("tool_names", _tool_objects),
        "NUL and half letters in tools": _put(
            "tool_names",
            lambda row, n: [one + ("\0", "\ud800")[n % 2] for one in row["tool_names"] or ["bash"]],
        ),
        "questions in the instructions": _in_instructions(lambda _row, _n: "Please answer."),
        "questions in the instructions, turns by number": _in_instructions(lambda row, _: f"Answer {_noise(row, 1)}."),
        "questions in the instructions, turns of noise": _in_instructions(lambda row, _: _noise(row, 12)),
        "instructions of noise": _put("system_instructions", lambda row, _: _noise(row, 40)),
        "numbers of every wrong type": _wrong_types,
        "addresses invented before the true one": _each(
            ("client_address",), lambda text, n: f"8.8.{n % 250}.{n // 250 % 250}, {text}"
        ),
        "columns with hostile names": _odd_columns,
        "values 600 deep": _deep,
        "one id for all its exchanges": _put("exchange_id", lambda _row, _n: "mine"),
        "ids of innocents' exchanges": _put("exchange_id", lambda _row, n: ids[n % len(ids)]),
        "ids with NUL": _put("exchange_id", lambda row, _: row["exchange_id"] + "\0"),
    }


def _since(row: Row) -> timedelta:
    return row["started_at"] - EPOCH  # type: ignore[no-any-return]


def _micro(row: Row) -> int:
    return _since(row) // timedelta(microseconds=1)


def _time(work: Callable[[Row], object]) -> RowChange:
    return _put("started_at", lambda row, _: work(row))


def _address(work: Callable[[str, int], object]) -> RowChange:
    return _each(("client_address",), work)


def _mixed(row: Row, place: int) -> None:
    for name in (*OPTIONAL_NUMBERS, *FRACTIONS, "status_code"):
        if row[name] is not None and place % 2:
            row[name] = str(row[name])
    if place % 10 == 0:
        row["choice_count"], row["cached_tokens"], row["finish_reason"] = True, "", ["stop"]


def _null_words(row: Row, place: int) -> None:
    for name in (*OPTIONAL_NUMBERS, *FRACTIONS):
        if row[name] is None:
            row[name] = ("NULL", "null", "None", "\\N", "N/A", "-", "nan", "")[place % 8]


def _as_floats(row: Row, _: int) -> None:
    for name in (*OPTIONAL_NUMBERS, "status_code"):
        if row[name] is not None:
            row[name] = float(row[name])


def _lists_of_one(row: Row, _: int) -> None:
    for name in ("user_agent", "request_model", "finish_reason", "input_text"):
        if row[name] is not None:
            row[name] = [row[name]]


GATEWAY: Mapping[str, RowChange] = {
    "nothing": lambda _row, _n: None,
    "addresses as lists": _address(lambda text, n: f"{text}, 10.0.{n % 3}.7, 192.168.1.{n % 9}"),
    "addresses with ports": _address(lambda text, n: f"{text}:{1_024 + n % 60_000}"),
    "addresses inside IPv6": _address(lambda text, _: f"::ffff:{text}"),
    "addresses in brackets": _address(lambda text, n: f"[::ffff:{text}]:{1_024 + n % 60_000}"),
    "addresses as JSON lists": _address(lambda text, _: [text]),
    # unknown is whom a customer's own proxy hides; at the right end it would be whom the provider's hides
    "addresses as Forwarded": _address(
        lambda text, n: f'for=unknown, for="{text}:{n % 60_000}";proto=https, for="10.0.0.9:443"'
    ),
    "every tenth address unknown": _address(lambda text, n: "unknown" if n % 10 == 0 else text),
    "times in seconds": _time(lambda row: _micro(row) / 1e6),
    "times in seconds as text": _time(lambda row: f"{_micro(row) / 1e6:.6f}"),
    "times in milliseconds": _time(lambda row: _micro(row) // 1_000),
    "times in microseconds": _time(_micro),
    "times in nanoseconds as text": _time(lambda row: str(_micro(row) * 1_000)),
    "times with a blank and an offset": _time(
        lambda row: row["started_at"].replace(tzinfo=UTC).astimezone(timezone(timedelta(hours=2))).isoformat(" ")
    ),
    "times with a comma": _time(
        lambda row: f"{row['started_at']:%Y-%m-%d %H:%M:%S},{row['started_at'].microsecond:06}"
    ),
    "numbers and texts by turns": _mixed,
    "words for nothing": _null_words,
    "integers as 1.0": _as_floats,
    "lists of one": _lists_of_one,
    "status in words": _put(
        "status_code", lambda row, _: "success" if row["status_code"] == 200 else row["status_code"]
    ),
}
"""What a gateway or a tool may write of every account, by what it is."""
