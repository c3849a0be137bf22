"""Example prompts from small seeded grammars, for every subject and form, in many languages."""

from __future__ import annotations

import random
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).with_name("grammar")
TASK_LETTERS = 800  # most letters of a wrapped prompt, so that the wrapper stays visible
NO_GRAMMARS = ("shared", "wrappers")
_JOINTS = (", ", " and ", " of ", " with the ", ". ", " for ", "\n", " in the ", " that is ", " from a ", " to ", "? ")
_SLOT = re.compile(r"\{([a-z_]+)\}")


@dataclass(frozen=True, slots=True)
class Grammar:
    """The templates of one subject or form (empty: not said), and the words that fill their slots."""

    name: str
    subject: str
    form: str
    templates: tuple[str, ...]
    slots: dict[str, list[str]]
    lexicon: tuple[str, ...]

    @property
    def wraps(self) -> bool:
        """Do its templates wrap other prompts?"""
        return any("{task}" in template for template in self.templates) and "task" not in self.slots

    def prompts(self, count: int, seed: int, tasks: list[str] | None = None) -> list[str]:
        """Prompts drawn with a seed; `tasks` fill the slot {task} of a grammar that wraps other prompts."""
        chance = random.Random(f"{self.name} {seed}")
        return [self._prompt(chance, tasks) for _ in range(count)]

    def word_salads(self, count: int, seed: int) -> list[str]:
        """Strings of unordered words of the grammar and shared ones, from which the model learns single words."""
        chance = random.Random(f"{self.name} words {seed}")
        return [self._word_salad(chance) for _ in range(count)]

    def _word_salad(self, chance: random.Random) -> str:
        parts = [self._fill("politeness", chance, None)]
        for _ in range(chance.randint(2, 7)):
            parts.append(chance.choice(self.lexicon) + chance.choice(_JOINTS))
            if chance.random() < 0.4:
                parts.append(self._fill("topic", chance, None) + chance.choice(_JOINTS))
        return "".join(parts).strip()

    def _prompt(self, chance: random.Random, tasks: list[str] | None) -> str:
        text = chance.choice(self.templates)
        for _ in range(6):  # slots nest at most this deep
            text = _SLOT.sub(lambda match: self._fill(match.group(1), chance, tasks), text)
        text = text.replace("{{", "{").replace("}}", "}").strip()
        return text[:1].upper() + text[1:] if chance.random() < 0.7 else text

    def _fill(self, slot: str, chance: random.Random, tasks: list[str] | None) -> str:
        if slot == "task" and "task" not in self.slots:
            # a brace in a wrapped prompt is not a slot
            return chance.choice(tasks or [""])[:TASK_LETTERS].replace("{", "(").replace("}", ")")
        return chance.choice(self.slots[slot]) if slot in self.slots else slot


def load_grammars() -> tuple[Grammar, ...]:
    """All grammars of the folder, by name."""
    shared = tomllib.loads((FOLDER / "shared.toml").read_text(encoding="utf-8"))["slots"]
    return tuple(_load(path, shared) for path in sorted(FOLDER.glob("*.toml")) if path.stem not in NO_GRAMMARS)


def _load(path: Path, shared: dict[str, list[str]]) -> Grammar:
    raw = tomllib.loads(path.read_text(encoding="utf-8"))
    return Grammar(
        path.stem,
        raw["subject"],
        raw["form"],
        tuple(raw["templates"]),
        shared | raw.get("slots", {}),
        tuple(raw["lexicon"]),
    )
