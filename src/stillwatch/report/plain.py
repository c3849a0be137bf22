"""Values of a document as JSON knows them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from pydantic import BaseModel


def plain(value: Any) -> Any:
    """The value as JSON knows it: lists for tuples, ISO 8601 for times (`Z` for those in UTC without zone)."""
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    if isinstance(value, datetime):
        return value.isoformat() if value.tzinfo is not None else f"{value.isoformat()}Z"
    if isinstance(value, date):
        return value.isoformat()
    return plain(value.model_dump()) if isinstance(value, BaseModel) else value
