"""Asks Stillwatch about the account alone, in place of LiteLLM's generic guardrail: no word of the conversation leaves.

It costs LiteLLM less, and what a client writes can make nothing of it fail. In the configuration:

    guardrails:
      - guardrail_name: stillwatch
        litellm_params: { guardrail: stillwatch_guardrail.Stillwatch, mode: pre_call, default_on: true }
"""

from __future__ import annotations

import os
from typing import Any

import aiohttp
from litellm.exceptions import GuardrailRaisedException
from litellm.integrations.custom_guardrail import CustomGuardrail

SECONDS = 0.5  # the longest that a customer waits for us
FAILS_OPEN = os.environ.get("STILLWATCH_FAILS", "open") == "open"
UNAVAILABLE = "Requests cannot be checked at the moment. Please try again later."


class Stillwatch(CustomGuardrail):
    """Blocks the accounts that are suspended, in the words of their notice."""

    _session: aiohttp.ClientSession | None = None

    async def async_pre_call_hook(self, user_api_key_dict: Any, cache: Any, data: dict, call_type: str) -> None:
        """Raises for a suspended account; whatever fails, the customer goes on unless STILLWATCH_FAILS is `closed`."""
        # the account of LiteLLM's own authentication, named as `--format litellm` names it
        account = user_api_key_dict.user_id or user_api_key_dict.api_key
        try:
            words = await self._notice(account)
        except Exception:  # noqa: BLE001  a customer never pays for what fails here
            words = None if FAILS_OPEN else UNAVAILABLE
        if words is not None:
            raise GuardrailRaisedException(
                guardrail_name="stillwatch", message=words, should_wrap_with_default_message=False, blocked_content=True
            )

    async def _notice(self, account: str) -> str | None:
        if self._session is None:
            limit = aiohttp.ClientTimeout(total=SECONDS)
            headers = {"x-api-key": os.environ["STILLWATCH_KEY"]}
            self._session = aiohttp.ClientSession(timeout=limit, headers=headers)
        url = f"{os.environ['STILLWATCH_URL']}/v1/verdict"
        async with self._session.post(url, json={"account_id": account}) as answer:
            answer.raise_for_status()
            found = await answer.json()
        if not FAILS_OPEN and (found["snapshot"] is None or found["snapshot"]["stale"]):
            return UNAVAILABLE
        suspended = [one for one in found["effects"] if one["effect"] == "suspend"]
        return suspended[0]["message"] if suspended else None
