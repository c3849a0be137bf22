"""The plan of a benchmark run, its variants, and the mark by which finished measurements are recognised."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import stillwatch
import stillwatch_lab
from stillwatch.runs.folder import code_digest
from stillwatch.settings import EvidenceSettings

ACCOUNTS, EXCHANGES = 100_000, 3_000_000  # at scale 1, the size for which results are reported
FEWEST_ACCOUNTS, FEWEST_EXCHANGES = 1_000, 20_000  # with fewer, a profile of the shipped world would have no account
MISSING = ("text", "addresses", "accounts")
CHANNELS: tuple[str, ...] = get_args(get_args(EvidenceSettings.model_fields["off"].annotation)[0])
"""The sorts of evidence that `Settings.evidence.off` knows."""
MAIN = "complete"

# Code that only shows finished measurements can change without measuring again.
_SHOWING: tuple[str, ...] = (
    "cli/",
    "commands.py",
    "benchmark/page",
    "benchmark/charts",
    "benchmark/tables",
    "benchmark/document",
    "benchmark/sections",
)
_SHOWING += (
    "benchmark/targets",
    "benchmark/pooled",
    "benchmark/intervals",
    "benchmark/templates",
    "benchmark/run",
    "benchmark/wording",
    "report/",
)

_MEDIUM = 0.5  # from this scale on, the second generator's larger worlds are nearer to ours in size
_BASELINES = "baselines"
_PRODUCT, _LAB = Path(stillwatch.__file__).parent, Path(stillwatch_lab.__file__).parent


@dataclass(frozen=True, slots=True)
class Variant:
    """One scan of a world: the complete one, one without some columns, or one without a sort of evidence."""

    name: str
    missing: str | None = None
    off: str | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """The plan of a run: seeds, size and variants.

    `prompts` None means the shipped prompts, `data` None invented addresses; `world` is a recipe as in `build`.
    `second` is the script of a second generator, None to leave its worlds out.
    """

    seeds: tuple[int, ...]
    out: Path
    scale: float = 1.0
    world: str = "benchmark"
    prompts: Path | None = None
    missing: tuple[str, ...] = ()
    ablate: bool = False
    baselines: bool = False
    keep: bool = False
    data: Path | None = None
    second: Path | None = None

    @property
    def second_scale(self) -> str:
        """The size of the second generator's worlds: its `medium` ones have the accounts of ours at scale 1."""
        return "medium" if self.scale >= _MEDIUM else "small"

    @property
    def accounts(self) -> int:
        """Accounts of each world."""
        return max(FEWEST_ACCOUNTS, round(ACCOUNTS * self.scale))

    @property
    def exchanges(self) -> int:
        """Exchanges of each world."""
        return max(FEWEST_EXCHANGES, round(EXCHANGES * self.scale))

    @property
    def variants(self) -> tuple[Variant, ...]:
        """The scans of each world, the complete one first."""
        without = tuple(Variant(f"without {name}", missing=name) for name in self.missing)
        ablated = tuple(Variant(f"{name} off", off=name) for name in CHANNELS) if self.ablate else ()
        return (Variant(MAIN), *without, *ablated)

    def home(self, seed: int) -> Path:
        """The folder of one seed's finished measurements."""
        return self.out / "seeds" / f"{seed}-{self.mark()}"

    def mark(self) -> str:
        """Eight hexadecimal digits of a digest of the world's recipe, size, prompts and the code that measures."""
        real = ["own" if one is None else str(one.absolute()) for one in (self.prompts, self.data)]
        digest = hashlib.sha256(json.dumps([self.world, self.accounts, self.exchanges, *real]).encode())
        recipe = Path(self.world)
        if recipe.suffix == ".toml" and recipe.is_file():
            digest.update(recipe.read_bytes())
        for source in (_PRODUCT, _LAB):
            digest.update(code_digest(source, (*_SHOWING, _BASELINES))[:8].encode())
        return digest.hexdigest()[:8]


def second_mark(plan: Plan) -> str:
    """A digest of the second generator's code and the size asked of it."""
    digest = hashlib.sha256(plan.second_scale.encode())
    for source in sorted(plan.second.parent.glob("*.py")) if plan.second else ():
        digest.update(source.read_bytes())
    return digest.hexdigest()[:8]


def baselines_mark() -> str:
    """A digest of the baselines' code; when it changes, only baselines are measured again."""
    return code_digest(_LAB / _BASELINES, ())[:8]
