"""Measures how fast one core turns records of gateways into rows: `python -m bench.read_gateways [PROMPTS_DIR]`.

Records are those of `examples/formats` with longer texts and, for LiteLLM, the bulk that it adds to each. The texts are
the prompts of a folder of <kind>__<source>.jsonl.gz files, or without one, words drawn with a seed.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.texts import cpu_seconds, texts
from stillwatch.read.gateways import Format, named

EXAMPLES = Path(__file__).resolve().parents[1] / "examples" / "formats"
BYTES = 20_000_000  # of records measured, of each kind
SPANS = 8  # a document: what a collector sends at once for a busy gateway is more


@dataclass(frozen=True, slots=True)
class Speed:
    """What some records take: their number of rows, their bytes, and processor seconds to parse and to read them."""

    rows: int
    size: int
    parsing: float
    reading: float  # parsing included


def main() -> None:
    """Prints megabytes per processor second of parsing alone and from bytes to rows."""
    found = texts(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
    print(f"{'records':24} {'bytes a row':>12} {'parsed':>10} {'to rows':>10}   MB/s a core")
    for kind in KINDS:
        speed = measure(named(kind.partition(" ")[0]), list(records(kind, found)))
        rates = " ".join(f"{speed.size / 1e6 / seconds:10.1f}" for seconds in (speed.parsing, speed.reading))
        print(f"{kind:24} {speed.size / speed.rows:12,.0f} {rates}")


def measure(form: Format, lines: list[bytes]) -> Speed:
    """Measures what turning these lines into rows takes, which are not yet typed."""
    unknown: Counter[str] = Counter()

    def parse() -> None:
        for line in lines:
            form.decode(line)

    def read() -> int:
        return sum(1 for line in lines for _ in form.rows(form.decode(line), unknown))

    return Speed(read(), sum(map(len, lines)), cpu_seconds(parse), cpu_seconds(read))


def records(kind: str, found: list[str], size: int = BYTES) -> Iterator[bytes]:
    """Yields about `size` bytes of records of one of KINDS, one a line."""
    written, number = 0, 0
    while written < size:
        text = found[number % len(found)]
        line = json.dumps(KINDS[kind](number, text), ensure_ascii=False).encode("utf-8")
        yield line
        written += len(line)
        number += 1


def _sample(name: str, line: int) -> dict[str, object]:
    record: dict[str, object] = json.loads((EXAMPLES / name).read_text(encoding="utf-8").splitlines()[line])
    return record


def _talk(number: int, text: str) -> list[dict[str, object]]:
    turns = [("system", "Be brief."), ("user", text), ("assistant", text[::-1][:400]), ("user", f"And {number}?")]
    return [{"role": role, "content": said} for role, said in turns]


def _spans(document: Any) -> list[dict[str, Any]]:
    spans: list[dict[str, Any]] = document["resourceSpans"][0]["scopeSpans"][0]["spans"]
    return spans


def _otel(number: int, text: str) -> object:
    document = _sample("otel.jsonl", 0)
    spans = _spans(document)
    parts = [
        {"role": one["role"], "parts": [{"type": "text", "content": one["content"]}]} for one in _talk(number, text)
    ]
    said = json.dumps(parts, ensure_ascii=False)
    spans[:] = [_span(spans[0], f"resp-{SPANS * number + at}", said) for at in range(SPANS)]
    return document


def _span(sample: dict[str, Any], identity: str, said: str) -> dict[str, Any]:
    changed = {"gen_ai.response.id": identity, "gen_ai.input.messages": said}
    attributes = [
        one | {"value": {"stringValue": changed[one["key"]]}} if one["key"] in changed else one
        for one in sample["attributes"]
    ]
    return sample | {"spanId": f"{identity:>016}", "attributes": attributes}


def _otel_without_texts(number: int, text: str) -> object:
    document = _otel(number, text)
    for span in _spans(document):
        span["attributes"] = [
            one for one in span["attributes"] if not one["key"].endswith(("messages", "instructions"))
        ]
    return document


def _payload(number: int, text: str) -> object:
    prices = {f"input_cost_per_token_{at}": None for at in range(140)}
    return _sample("litellm.jsonl", 0) | {
        "litellm_call_id": f"call-{number}",
        "messages": _talk(number, text),
        "model_map_information": {"model_map_key": "house-large", "model_map_value": prices},
    }


def _spend_log(number: int, text: str) -> object:
    record = _sample("litellm.jsonl", 2)
    sent = json.loads(str(record["proxy_server_request"])) | {"messages": _talk(number, text)}
    return record | {"litellm_call_id": f"call-{number}", "proxy_server_request": json.dumps(sent, ensure_ascii=False)}


KINDS: dict[str, Callable[[int, str], object]] = {
    "otel spans": _otel,
    "otel spans, no texts": _otel_without_texts,
    "litellm payloads": _payload,
    "litellm spend logs": _spend_log,
}
"""Kinds of records by name, whose first word is their format."""

if __name__ == "__main__":
    main()
