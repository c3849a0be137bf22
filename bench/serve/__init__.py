"""Measures serving: look-ups in process, requests a second beside a bare route, LiteLLM's cost with the guardrail."""
