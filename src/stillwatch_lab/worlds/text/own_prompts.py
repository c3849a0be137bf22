"""Prompts that a seeded grammar writes, so that worlds can be built where no other text may be shipped.

The grammar is data: `prompts/grammar/*.toml`. Its output is shipped beside it as `prompts/<kind>__<source>.jsonl.gz`,
one JSON object a line with `source`, `kind` (`organic`, `distill`, `bench`), `capability`, `prompt`, `chars`, and for
conversations `unit` and `seq`. Text and grammar are Apache-2.0 like the code.
"""

from __future__ import annotations

import gzip
import io
import json
import random
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "prompts"
SEED = 20260610
CONVERSATIONS, REQUESTS, QUESTIONS = 1_400, 5_000, 500
# Capabilities that are the main targets of public distillation sets get 2.5 times as many requests as the others.
WEIGHTS = {
    "software_engineering": 5,
    "agentic_reasoning": 5,
    "long_horizon_planning": 5,
    "mathematical_reasoning": 5,
    "grading": 5,
    "tool_use": 5,
    "reasoning_trace": 5,
    "data_analysis": 2,
    "computer_use": 2,
    "safety_rewriting": 2,
    "general_instruction": 2,
}
_SLOT = re.compile(r"\{\{|\}\}|\{([A-Za-z_]+)\}")
Rules = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Prompt:
    """One line of a prompt file; `unit` and `seq` place a turn in its conversation."""

    source: str
    kind: str
    capability: str
    prompt: str
    chars: int
    unit: str | None = None
    seq: int | None = None


@dataclass(frozen=True, slots=True)
class _Topic:
    name: str
    language: str
    capability: str
    rules: dict[str, list[str]]  # thing, problem, goal


class _Writer:
    """Expands rules with one random stream, of which only `random()` is used: Python keeps that method's stream."""

    def __init__(self, stream: str, rules: Rules) -> None:
        self._random = random.Random(stream).random
        self._rules: dict[str, Sequence[str]] = dict(rules)
        self._left: dict[str, list[str]] = {}

    def number(self, low: int, high: int) -> int:
        """A whole number from `low` to `high`, both included."""
        return low + int(self._random() * (high - low + 1))

    def pick(self, choices: Sequence[str]) -> str:
        return choices[int(self._random() * len(choices))]

    def some(self, choices: Sequence[str], count: int) -> list[str]:
        """`count` different choices (all of them when there are fewer), in drawn order."""
        left = list(choices)
        return [left.pop(int(self._random() * len(left))) for _ in range(min(count, len(left)))]

    def bind(self, name: str, *choices: str) -> None:
        """Draws one of the choices, for which `{name}` stands from now on."""
        self._rules[name] = choices
        self._left.pop(name, None)

    def expand(self, text: str) -> str:
        """The text with every slot filled; KeyError names a slot that no rule fills."""
        return _SLOT.sub(self._fill, text)

    def _fill(self, match: re.Match[str]) -> str:
        if match[1] is None:
            return match[0][0]
        if match[1] == "n":
            return str(self.number(2, 48))
        left = self._left.setdefault(match[1], [])
        if not left:  # a list is used up before an entry is repeated, so that no text says the same twice in a row
            left.extend(self._rules[match[1]])
        return self.expand(left.pop(int(self._random() * len(left))))


def conversations(seed: int, count: int) -> Iterator[Prompt]:
    """Turns of `count` organic conversations, 3 to 12 each, every one with its own names, places and files."""
    topics = _topics()
    for index in range(count):
        writer = _Writer(f"{seed}/organic/{index}", {})
        topic = topics[writer.number(0, len(topics) - 1)]
        rules = {**_grammar("requests")["shared"], **_grammar("turns")[topic.language], **_own_share(writer, topic)}
        writer = _Writer(f"{seed}/organic/{index}/turns", rules)
        _bind_names(writer)
        turns = 3 + min(
            writer.number(0, 9) for _ in range(3)
        )  # the least of three draws: short conversations are commoner
        for seq in range(turns):
            # In a programming conversation, a fifth of the turns after the first contain pasted code.
            has_code = topic.capability == "software_engineering" and seq > 0 and writer.number(1, 5) == 1
            rule = "open" if seq == 0 else "code" if has_code and "code" in rules else "follow"
            # Two of three turns name the person's own topic again.
            text = writer.expand("{" + rule + "}" + ("{aside}" if writer.number(1, 3) < 3 else ""))
            yield Prompt("own_conversations", "organic", topic.capability, text, len(text), f"own{index:05d}", seq)


def requests(seed: int, count: int) -> Iterator[Prompt]:
    """`count` different requests like those of a distilling client, divided among capabilities by WEIGHTS."""
    grammar, total = _grammar("requests"), sum(WEIGHTS.values())
    for capability, weight in WEIGHTS.items():
        rules = {**grammar["shared"], **grammar[capability]}
        wanted = round(count * weight / total)
        for text in _different(f"{seed}/distill/{capability}", rules, wanted):
            yield Prompt(f"own_{capability}", "distill", capability, text, len(text))


def questions(seed: int, count: int) -> Iterator[Prompt]:
    """About `count` different short questions with one right answer, like those of public benchmarks."""
    grammar = _grammar("questions")
    for family, rules in grammar.items():
        # The contract has no capability for knowledge questions.
        capability = "other" if family == "knowledge" else family
        for text in _different(f"{seed}/bench/{family}", rules, count // len(grammar)):
            yield Prompt("own_questions", "bench", capability, text, len(text))


def write(folder: Path, seed: int = SEED) -> None:
    """Writes every prompt file into the folder; the same seed writes the same lines.

    Raises OSError when the folder cannot be written.
    """
    files: dict[str, list[str]] = {}
    for stream in (conversations(seed, CONVERSATIONS), requests(seed, REQUESTS), questions(seed, QUESTIONS)):
        for prompt in stream:
            fields = {name: value for name, value in asdict(prompt).items() if value is not None}
            line = json.dumps(fields, ensure_ascii=False) + "\n"
            files.setdefault(f"{prompt.kind}__{prompt.source}.jsonl.gz", []).append(line)
    for name, lines in files.items():
        packed = io.BytesIO()
        with gzip.GzipFile(filename="", mode="wb", fileobj=packed, compresslevel=9, mtime=0) as stream_out:
            stream_out.write("".join(lines).encode())
        (folder / name).write_bytes(packed.getvalue())


def _different(stream: str, rules: Rules, count: int) -> Iterator[str]:
    """Expansions of `{prompt}`, all different, each with its own topic, names and numbers."""
    english = [topic for topic in _topics() if topic.language == "en"]
    seen: set[str] = set()
    attempt = 0
    while len(seen) < count:
        attempt += 1
        writer = _Writer(f"{stream}/{attempt}", {**_grammar("turns")["en"], **rules})
        topic = english[writer.number(0, len(english) - 1)]
        for name, phrases in topic.rules.items():
            writer.bind(name, *phrases)
        _bind_names(writer)
        _bind_numbers(writer)
        _bind_oddities(writer, topic, english)
        text = writer.expand("{prompt}").strip()
        if text not in seen:
            seen.add(text)
            yield text


def _own_share(writer: _Writer, topic: _Topic) -> dict[str, list[str]]:
    """The part of a topic that one person talks about; two people with one topic have different parts."""
    counts = {"thing": 4, "problem": 2, "goal": 1}
    return {name: writer.some(topic.rules[name], count) for name, count in counts.items()}


def _bind_names(writer: _Writer) -> None:
    names = _lists("names")
    for slot in ("person", "friend"):
        first = writer.pick(names["first"])
        last = writer.pick(names["last_start"]) + writer.pick(names["last_end"])
        writer.bind(slot, f"{first} {last}" if slot == "person" else first)
    for slot in ("place", "place_b"):
        writer.bind(slot, writer.pick(names["place_start"]) + writer.pick(names["place_end"]))
    word = "".join(writer.pick(names["syllable"]) for _ in range(writer.number(2, 4)))
    writer.bind("project", word)
    writer.bind("Project", word.capitalize())
    writer.bind("company", f"{writer.pick(names['last_start'])}{writer.pick(names['last_end'])} {{company_end}}")
    writer.bind("company_end", writer.pick(names["company_end"]))
    nouns = writer.some(names["noun"], 4)
    verbs = writer.some(names["verb"], 2)
    writer.bind("ident", f"{nouns[0]}_{nouns[1]}")
    writer.bind("Ident", nouns[0].capitalize() + nouns[1].capitalize())
    writer.bind("ident_b", f"{verbs[0].rstrip('e')}ed_{nouns[2]}")
    writer.bind("file", f"{nouns[3]}_{word}.{writer.pick(names['suffix'])}")
    for slot in ("noun", "verb", "error"):
        writer.bind(slot, *writer.some(names[slot], 3))
    _bind_numbers(writer)


def _bind_numbers(writer: _Writer) -> None:
    for slot in ("a", "b", "c", "d"):
        writer.bind(slot, str(writer.number(11, 97)))
    writer.bind("a_small", str(writer.number(3, 9)))
    writer.bind("a_small_b", str(writer.number(3, 9)))
    writer.bind("c_big", str(writer.number(100, 240)))
    writer.bind("big", *(str(writer.number(200, 98_000)) for _ in range(4)))


def _bind_oddities(writer: _Writer, topic: _Topic, topics: Sequence[_Topic]) -> None:
    """Binds fixed names to things of the topic and to things of other topics, for closed questions."""
    things = writer.some(topic.rules["thing"], 3)
    for slot, thing in zip(("thing_b", "thing_c"), things[1:], strict=True):
        writer.bind(slot, thing)
    writer.bind("thing_bare", re.sub(r"^(the|an?|my|our) ", "", things[0]))
    writer.bind("topic", topic.name.replace("_", " "))
    for slot in ("odd", "odd_b", "odd_c"):
        other = topics[writer.number(0, len(topics) - 1)]
        writer.bind(slot, *other.rules["thing"])


@cache
def _grammar(name: str) -> dict[str, dict[str, list[str]]]:
    """A grammar file's tables; a list may be written as one string with "; " between its entries."""
    tables = tomllib.loads((FOLDER / "grammar" / f"{name}.toml").read_text(encoding="utf-8"))
    return {
        table: {key: value.split("; ") if isinstance(value, str) else value for key, value in rules.items()}
        for table, rules in tables.items()
    }


@cache
def _lists(name: str) -> dict[str, list[str]]:
    text = (FOLDER / "grammar" / f"{name}.toml").read_text(encoding="utf-8")
    return {key: value.split("; ") for key, value in tomllib.loads(text).items()}


@cache
def _topics() -> tuple[_Topic, ...]:
    found: list[_Topic] = []
    for file in ("topics_life", "topics_work", "topics_code", "topics_world"):
        text = (FOLDER / "grammar" / f"{file}.toml").read_text(encoding="utf-8")
        for name, fields in tomllib.loads(text).items():
            phrases = {key: str(fields[f"{key}s"]).split("; ") for key in ("thing", "problem", "goal")}
            is_code = file == "topics_code" or any("`" in thing for thing in phrases["thing"])
            capability = "software_engineering" if is_code else "general_instruction"
            found.append(_Topic(name, str(fields.get("language", "en")), capability, phrases))
    return tuple(found)
