"""Customers with the `openai` client: reads calls as JSON from stdin, and prints what each customer saw.

It runs in LiteLLM's environment, which has the client. A call is `{"key", "stream"?, "text"?, "extra"?}`; what a
customer saw is `{"status", "text", "seconds"}`, where status 0 stands for no answer at all.
"""

from __future__ import annotations

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import openai


def seen(call: dict[str, Any]) -> dict[str, Any]:
    """What one customer sees."""
    began = time.monotonic()
    try:
        with openai.OpenAI(base_url=sys.argv[1], api_key=call["key"], max_retries=0, timeout=60) as client:
            found = {"status": 200, "text": answered(client, call)}
    except openai.APIStatusError as error:
        found = {"status": error.status_code, "text": str((error.body or {}).get("message", ""))}  # type: ignore[attr-defined]
    except openai.APIError as error:
        found = {"status": 0, "text": str(error)}
    return {**found, "seconds": time.monotonic() - began}


def answered(client: openai.OpenAI, call: dict[str, Any]) -> str:
    """The model's text."""
    given: dict[str, Any] = {
        "model": "house-large",
        "messages": [{"role": "user", "content": call.get("text", "hi")}],
        "extra_body": call.get("extra", {}),
        "user": "end-user",
    }
    if not call.get("stream"):
        return client.chat.completions.create(**given).choices[0].message.content or ""
    pieces = client.chat.completions.create(**given, stream=True)
    return " ".join(one.choices[0].delta.content for one in pieces if one.choices and one.choices[0].delta.content)


if __name__ == "__main__":
    with ThreadPoolExecutor(4) as threads:
        print(json.dumps(list(threads.map(seen, json.load(sys.stdin)))))
