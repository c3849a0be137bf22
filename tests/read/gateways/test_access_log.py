"""Lines of access logs are split where the server ends a value, never where a client would have it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.read.gateways.access_log import decode

TIME = "21/Sep/2026:14:13:22 +0000"
ID = "0f" * 16


def line(user: str = "acct", agent: str = "sdk/1", rest: str = "") -> bytes:
    return f'192.0.2.1 - {user} [{TIME}] "POST /v1 HTTP/1.1" 200 17 "-" "{agent}"{rest}'.encode()


def decoded(data: bytes) -> dict[str, object]:
    record = decode(data)
    assert isinstance(record, dict)
    return record


@pytest.mark.parametrize("user", ["acct", "a b", "a - b", "a [x] b", "] [", f"[{TIME}]", "-"])
def test_a_user_with_brackets_is_whole(user: str) -> None:
    record = decoded(line(user))
    assert (record["remote_addr"], record["remote_user"], record["time_local"]) == ("192.0.2.1", user, TIME)


def test_values_are_unescaped() -> None:
    record = decoded(line(agent=r"say \x22hi\x22 \xC3\xA9 \xFF"))
    assert record["http_user_agent"] == 'say "hi" é \ufffd'
    assert decoded(line(agent=r"say \"hi\""))["http_user_agent"] == 'say "hi"'


def test_what_the_server_adds_at_the_end() -> None:
    record = decoded(line(rest=f' "198.51.100.7" {ID} 0.5'))
    assert (record["http_x_forwarded_for"], record["request_id"]) == ("198.51.100.7", ID)


@pytest.mark.parametrize("rest", [f' "{ID}"', f' "198.51.100.7" "{ID}"', f' "a {ID} b" 0.5', f" {ID}00"])
def test_no_client_chooses_the_id(rest: str) -> None:
    assert "request_id" not in decoded(line(rest=rest))
    assert "request_id" not in decoded(line(agent=rf"a\" {ID} \"b"))


def test_equal_lines_have_one_digest() -> None:
    assert decoded(line())["line_digest"] == decoded(line() + b"\n")["line_digest"]
    assert decoded(line())["line_digest"] != decoded(line(rest=" 0.5"))["line_digest"]


@pytest.mark.parametrize("data", [b"", b"\n", b"INFO: started", b'"', b"a - b", b'a - b [c] "d', b"[" * 10_000, b"{"])
def test_other_lines_are_none(data: bytes) -> None:
    assert decode(data) is None


@given(st.binary(max_size=80), st.sampled_from([b"", line()]), st.integers(0, 80))
def test_never_raises(noise: bytes, around: bytes, at: int) -> None:
    decode(around[:at] + noise + around[at:])


def test_a_long_line_takes_linear_time() -> None:
    decode(b"a - " + b" [" * 4_000_000 + b'] "')
