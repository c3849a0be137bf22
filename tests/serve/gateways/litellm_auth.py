"""Keys for the proxy without a database: `sk-user-NAME` belongs to NAME, `sk-bare-…` to nobody in particular."""

from __future__ import annotations

from typing import Any

from litellm.proxy._types import ProxyException, UserAPIKeyAuth


async def user_api_key_auth(_request: Any, api_key: str) -> UserAPIKeyAuth:
    """Returns whose key it is; refuses all other keys."""
    if api_key.startswith("sk-user-"):
        name = api_key.removeprefix("sk-user-")
        return UserAPIKeyAuth(api_key=api_key, user_id=name, key_alias=name, team_id="team", org_id="org")
    if api_key.startswith("sk-bare-"):
        return UserAPIKeyAuth(api_key=api_key)
    raise ProxyException(message="unknown key", type="auth_error", param="api_key", code=401)
