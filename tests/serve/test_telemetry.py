"""A span stands under the caller's trace and names route and status, and nothing of the caller."""

from __future__ import annotations

from dataclasses import replace

from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from stillwatch.serve import telemetry
from stillwatch.serve.app import App
from tests.serve.asked import Served

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


def test_a_span_names_route_and_status_only(here: Served) -> None:
    spans, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    parts = here.parts
    app = App(here.app._routes, parts.access, parts.measures, (), telemetry.Tracing(provider))
    headers = [("traceparent", f"00-{TRACE}-00f067aa0ba902b7-01"), ("x-api-key", here.keys["verdict"])]
    assert replace(here, app=app).ask("POST", "/v1/verdict", {"account_id": "mallory"}, headers=headers).status == 200
    (span,) = spans.get_finished_spans()
    assert span.name == "verdict"
    assert f"{span.context.trace_id:032x}" == TRACE
    assert dict(span.attributes or {}) == {
        "http.request.method": "POST",
        "http.route": "verdict",
        "http.response.status_code": 200,
    }


def test_traces_go_only_where_the_environment_says() -> None:
    assert telemetry.set_up({}) is None
    found = telemetry.set_up({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"})
    assert found is not None
    found.close()
