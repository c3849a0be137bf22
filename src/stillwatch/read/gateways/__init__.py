"""Logs of gateways and tools become rows of `exchanges`: a mapping says where each column comes from."""

from __future__ import annotations

from stillwatch.read.gateways.formats import (
    Format,
    load_mapping,
    named,
    names,
    recognise,
    recognise_text,
)
from stillwatch.read.gateways.otlp_protobuf import messages
from stillwatch.read.gateways.suggestions import suggest

__all__ = ["Format", "load_mapping", "messages", "named", "names", "recognise", "recognise_text", "suggest"]
