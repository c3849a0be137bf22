"""A real LiteLLM proxy before a stand-in model, with guardrail and log as `examples/gateways` configures them."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.serve.gateways.programs import EXAMPLES, LITELLM, free_port, model_server, running

CLIENT = Path(__file__).with_name("litellm_client.py")
AUTH = Path(__file__).with_name("litellm_auth.py")
GENERIC, OWN = "litellm.yaml", "litellm-own-guardrail.yaml"
"""Examples: LiteLLM's generic guardrail, and one of ours that sends the account alone."""
KEYS = """
general_settings:
  custom_auth: litellm_auth.user_api_key_auth
  master_key: sk-master-of-the-tests
"""


@dataclass(frozen=True)
class Proxy:
    """A running proxy; its log lines, one an exchange, appear in the folder `logs`."""

    port: int
    logs: Path
    pid: int

    def calls(self, calls: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """What customers see who make these calls, four at a time."""
        done = subprocess.run(
            [str(LITELLM / "bin" / "python"), str(CLIENT), f"http://127.0.0.1:{self.port}/v1"],
            input=json.dumps(calls),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        found: list[dict[str, Any]] = json.loads(done.stdout)
        return found

    def lines(self) -> list[dict[str, Any]]:
        """What the proxy has logged so far."""
        paths = sorted(self.logs.glob("*.jsonl"))
        return [json.loads(line) for path in paths for line in path.read_text(encoding="utf-8").splitlines()]


@contextmanager
def proxy(folder: Path, guardrail_url: str, guardrail_key: str, example: str | None = GENERIC) -> Iterator[Proxy]:
    """A proxy in a folder of its own, and the model behind it, until the block ends; without `example` none asks us."""
    folder.mkdir(parents=True)
    text = (EXAMPLES / (example or GENERIC)).read_text(encoding="utf-8")
    (folder / "config.yaml").write_text((text if example else text.partition("guardrails:")[0]) + KEYS)
    for path in (AUTH, EXAMPLES / "stillwatch_log.py", EXAMPLES / "stillwatch_guardrail.py"):
        shutil.copy(path, folder)
    (folder / "logs").mkdir()
    with model_server(folder) as model:
        environment = {
            "MODEL_URL": f"http://127.0.0.1:{model}/v1",
            "STILLWATCH_URL": guardrail_url,
            "STILLWATCH_KEY": guardrail_key,
            "STILLWATCH_LOGS": str(folder / "logs"),
            "LITELLM_LOCAL_MODEL_COST_MAP": "true",  # else it asks the internet
            "LITELLM_MODE": "PRODUCTION",
        }
        port = free_port()
        words = [str(LITELLM / "bin" / "litellm"), "--config", str(folder / "config.yaml"), "--host", "127.0.0.1"]
        with running([*words, "--port", str(port)], port, folder / "proxy.log", environment, folder) as process:
            yield Proxy(port, folder / "logs", process.pid)
