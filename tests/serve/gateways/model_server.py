"""A stand-in model behind an OpenAI address, as a program of its own: `python -m … PORT` answers all with one text."""

from __future__ import annotations

import json
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TEXT = "Hello from the stand-in model."


class Model(BaseHTTPRequestHandler):
    """Answers every chat completion, also as a stream, and says which headers of ours reached it."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Answers."""
        asked = json.loads(self.rfile.read(int(self.headers.get("content-length", 0))) or b"{}")
        base = {"id": f"chatcmpl-{time.time_ns()}", "created": 1, "model": "house-large"}
        if asked.get("stream"):
            pieces = [{"delta": {"role": "assistant", "content": word}, "index": 0} for word in TEXT.split()]
            chunks = [{**base, "object": "chat.completion.chunk", "choices": [one]} for one in pieces]
            done = {**base, "object": "chat.completion.chunk"}
            chunks.append({**done, "choices": [{"delta": {}, "index": 0, "finish_reason": "stop"}]})
            lines = [f"data: {json.dumps(one)}\n\n" for one in chunks]
            self._send("text/event-stream", "".join([*lines, "data: [DONE]\n\n"]))
            return
        message = {"role": "assistant", "content": TEXT}
        usage = {"prompt_tokens": 12, "completion_tokens": 5, "total_tokens": 17}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        self._send(
            "application/json", json.dumps({**base, "object": "chat.completion", "choices": [choice], "usage": usage})
        )

    def do_GET(self) -> None:
        """Answers as well."""
        self.do_POST()

    def _send(self, kind: str, text: str) -> None:
        seen = {name: value for name, value in self.headers.items() if name.lower().startswith("x-stillwatch")}
        body = text.encode()
        self.send_response(200)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.send_header("x-seen", json.dumps(seen))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Model).serve_forever()
