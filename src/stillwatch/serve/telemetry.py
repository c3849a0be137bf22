"""Traces by OpenTelemetry, where `stillwatch[telemetry]` is installed and the environment names where they go."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from stillwatch.serve.http import Scope

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")


class Tracing:
    """One span a request, under the caller's own trace; it names route and status, and nothing of the caller."""

    def __init__(self, provider: Any) -> None:
        from opentelemetry.propagate import extract

        self._extract = extract
        self._provider = provider
        self._tracer = provider.get_tracer("stillwatch.serve")

    @contextmanager
    def span(self, scope: Scope, route: str) -> Iterator[Any]:
        """Yields the span of a request."""
        headers = {
            name.decode("latin-1"): value.decode("latin-1")
            for name, value in scope["headers"]
            if name in (b"traceparent", b"tracestate")
        }
        from opentelemetry.trace import SpanKind

        given = {"http.request.method": scope["method"], "http.route": route}
        with self._tracer.start_as_current_span(
            route, self._extract(headers), SpanKind.SERVER, given, record_exception=False
        ) as span:
            yield span

    def close(self) -> None:
        """Sends what is left."""
        self._provider.shutdown()


def set_up(environment: Mapping[str, str] = os.environ) -> Tracing | None:
    """Returns the tracing that the environment asks for, or None where it asks for none or cannot have it."""
    if not any(environment.get(name) for name in _ENDPOINTS):
        return None
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ModuleNotFoundError:
        return None
    provider = TracerProvider(resource=Resource.create({"service.name": "stillwatch"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return Tracing(provider)
