"""Langfuse: a trace with its observations becomes one record a call of a model, with the trace that it belongs to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from stillwatch.read.gateways.fields import note

_EXCHANGES = frozenset({"GENERATION", "EMBEDDING"})


def unpack(document: object, unknown: Counter[str]) -> Iterator[object]:
    """Yields the model calls among the observations of a document; adds to `unknown` what it passes over.

    A document is `{trace, observations}`, a trace that holds its observations, or one observation.
    """
    if not isinstance(document, dict):
        yield document
        return
    observations = document.get("observations")
    trace = document.get("trace", document)
    for one in observations if isinstance(observations, list) else [document]:
        kind = one.get("type", "GENERATION") if isinstance(one, dict) else None
        if isinstance(kind, str) and kind not in _EXCHANGES:
            note(unknown, f"(observation {kind})"[:100])
        elif isinstance(one, dict) and one is not document:
            yield {**one, "trace": trace}
        else:
            yield one
