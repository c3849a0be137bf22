"""Writes LiteLLM's own record of every exchange as a JSON line into the folder that `stillwatch watch` reads."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from litellm.integrations.custom_logger import CustomLogger


class Lines(CustomLogger):
    """One file an hour; a line is written whole, and a folder that cannot be written stops no customer."""

    def _write(self, given: dict[str, Any]) -> None:
        record = dict(given.get("standard_logging_object") or {})
        if isinstance(hidden := record.get("hidden_params"), dict):
            record["hidden_params"] = {key: hidden[key] for key in hidden if key != "additional_headers"}
        record.pop("model_map_information", None)  # two thirds of the bytes, the same for every exchange
        path = Path(os.environ["STILLWATCH_LOGS"]) / f"litellm-{datetime.now(UTC):%Y%m%dT%H}-{os.getpid()}.jsonl"
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(record, default=str) + "\n")

    async def async_log_success_event(
        self, kwargs: dict[str, Any], response_obj: Any, start_time: Any, end_time: Any
    ) -> None:
        """Writes an exchange that was answered."""
        self._write(kwargs)

    async def async_log_failure_event(
        self, kwargs: dict[str, Any], response_obj: Any, start_time: Any, end_time: Any
    ) -> None:
        """Writes an exchange that was refused or failed."""
        self._write(kwargs)


lines = Lines()
