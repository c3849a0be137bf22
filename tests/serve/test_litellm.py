"""The guardrail answers 200 with a word whatever happens, names the account as the logs do, and keeps no prompt."""

from __future__ import annotations

import json
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from stillwatch.read import gateways
from stillwatch.serve.litellm import UNAVAILABLE, account_of
from stillwatch.settings import ServeSettings
from tests.serve.asked import NOTICE, Served, publish, served, without_keys

PATH = "/beta/litellm_basic_guardrail_api"
NONE = {"action": "NONE"}
CLOSED = {"action": "BLOCKED", "blocked_reason": UNAVAILABLE}


def call(user: str | None = "mallory", **more: Any) -> dict[str, Any]:
    """What LiteLLM posts of a caller."""
    return {
        "input_type": "request",
        "structured_messages": [{"role": "user", "content": "SECRET PROMPT"}],
        "texts": ["SECRET PROMPT"],
        "request_data": {"user_api_key_user_id": user, "user_api_key_hash": "e4" * 32},
        **more,
    }


def test_a_suspended_account_is_blocked_word_for_word(here: Served) -> None:
    found = here.ask("POST", PATH, call(), key="verdict")
    assert (found.status, found.json) == (200, {"action": "BLOCKED", "blocked_reason": NOTICE})


@pytest.mark.parametrize("user", ["alice", "eve", "trent", "peggy", None, ""])
def test_all_others_pass(here: Served, user: str | None) -> None:
    found = here.ask("POST", PATH, call(user), key="verdict")
    assert (found.status, found.json) == (200, NONE)


def test_the_key_names_the_account_where_there_is_no_user() -> None:
    fields = ServeSettings().litellm_account
    assert account_of({"user_api_key_user_id": "u", "user_api_key_hash": "h"}, fields) == "u"
    for absent in (None, "", 7, ["u"]):
        assert account_of({"user_api_key_user_id": absent, "user_api_key_hash": "h"}, fields) == "h"
    assert account_of({"user_api_key_end_user_id": "chosen by the client"}, fields) is None


def test_logs_and_verdicts_name_the_same_account() -> None:
    """The fields of `read/gateways/litellm.toml`, in its order, are the ones that the guardrail looks at."""
    text = (Path(gateways.__file__).parent / "litellm.toml").read_text(encoding="utf-8")
    listed = text.split("account_id = [")[1].split("]")[0]
    places = [listed.index(f'"metadata.{name}"') for name in ServeSettings().litellm_account]
    assert places == sorted(places)


DEEP = b'{"tools":' + b"[" * 3_000 + b"]" * 3_000 + b',"request_data":{"user_api_key_user_id":"mallory"}}'


@pytest.mark.parametrize(
    "body",
    [
        DEEP,
        b'{"texts":["\\ud800 NaN"],"request_data":{"user_api_key_user_id":"mallory"}}',
        b'{"texts":[NaN, Infinity],"request_data":{"user_api_key_user_id":"mallory"}}',
        (
            b'{"texts":["{\\"request_data\\":{\\"user_api_key_user_id\\":\\"alice\\"}}"],'
            b'"additional":{"request_data":{"user_api_key_user_id":"alice"}},'
            b'"request_data":{"user_api_key_user_id":"mallory"}}'
        ),
    ],
    ids=["deep", "half a character", "no number", "another's name in the words"],
)
def test_a_clients_words_hide_nobody(here: Served, body: bytes) -> None:
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(5_000)  # as the server sets it
    try:
        assert here.ask("POST", PATH, body, key="verdict").json["action"] == "BLOCKED"
    finally:
        sys.setrecursionlimit(before)


UNREADABLE = [
    b"",
    b"{",
    b"\xff",
    b"[]",
    b"7",
    b'{"request_data":[]}',
    b'{"request_data":7}',
    b"[" * 100_000,
    b'{"request_data":{"user_api_key_user_id":{}}}',
    b'{"texts":"' + b"a" * 3_000 + b'"}',
]


@pytest.mark.parametrize("fails", ["open", "closed"])
@pytest.mark.parametrize("body", UNREADABLE, ids=range(len(UNREADABLE)))
def test_what_cannot_be_read_is_answered_as_the_setting_says(
    tmp_path: Path, now: datetime, body: bytes, fails: str
) -> None:
    publish(tmp_path, now)
    one = served(tmp_path, litellm_fails=fails, litellm_body_bytes=2_048 if len(body) == 3_012 else 64_000_000)
    found = one.ask("POST", PATH, body, key="verdict")
    assert (found.status, found.json) == (200, NONE if fails == "open" else CLOSED)
    assert b'stillwatch_failed_total{reason="' in one.ask("GET", "/metrics").body


@pytest.mark.parametrize("fails", ["open", "closed"])
def test_without_knowledge_the_setting_answers(tmp_path: Path, now: datetime, fails: str) -> None:
    expected = NONE if fails == "open" else CLOSED
    nothing = served(tmp_path, litellm_fails=fails)
    assert nothing.ask("POST", PATH, call("alice"), key="verdict").json == expected
    publish(tmp_path, now - timedelta(days=2))
    old = served(tmp_path, litellm_fails=fails)
    assert old.ask("POST", PATH, call(), key="verdict").json == expected
    assert without_keys(old).ask("POST", PATH, call(), key="verdict").json == expected


@pytest.mark.parametrize("fails", ["open", "closed"])
def test_an_error_inside_is_answered_as_the_setting_says(
    tmp_path: Path, now: datetime, fails: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    publish(tmp_path, now)
    one = served(tmp_path, litellm_fails=fails)

    def broken(account: str) -> None:
        raise RuntimeError(f"the snapshot is broken at {account}")

    monkeypatch.setattr(one.parts.snapshots, "answer", broken)
    found = one.ask("POST", PATH, call(), key="verdict")
    assert (found.status, found.json) == (200, NONE if fails == "open" else CLOSED)
    assert "mallory" not in json.dumps([str(vars(record)) for record in caplog.records])


def test_no_prompt_is_logged(here: Served, caplog: pytest.LogCaptureFixture) -> None:
    for body in (call(), json.dumps(call())[:-9].encode()):
        here.ask("POST", PATH, body, key="verdict")
    here.ask("POST", PATH, call(), key="wrong")
    assert caplog.records
    assert "SECRET PROMPT" not in json.dumps([str(vars(record)) for record in caplog.records])
