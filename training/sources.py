"""The prompt collections: their capabilities, their licences, and whether the model may be trained on them."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Source:
    """One prompt file: its stem, its capability, its licence, and whether the licence allows training on it."""

    stem: str
    capability: str
    licence: str
    learn: bool = True

    @property
    def name(self) -> str:
        return self.stem.partition("__")[2]


SOURCES = (
    Source("bench__humaneval", "software_engineering", "MIT"),
    Source("bench__mbpp", "software_engineering", "CC-BY-4.0"),
    Source("bench__gsm8k_test", "mathematical_reasoning", "MIT"),
    Source("bench__math_test", "mathematical_reasoning", "MIT"),
    Source("distill__metamath_rephrase", "mathematical_reasoning", "Apache-2.0"),
    Source("distill__fireact", "agentic_reasoning", "MIT"),
    Source("distill__gorilla_apibench", "tool_use", "Apache-2.0"),
    Source("distill__toolalpaca_eval", "tool_use", "Apache-2.0"),
    Source("distill__pandalm_grading", "grading", "Apache-2.0"),
    Source("bench__alpaca_eval", "general_instruction", "Apache-2.0"),
    Source("bench__mt_bench", "general_instruction", "Apache-2.0"),
    Source("organic__awesome_chatgpt_prompts", "general_instruction", "CC0-1.0"),
    Source("bench__bbh", "other", "MIT"),
    Source("bench__mmlu_test", "other", "MIT"),
    Source("organic__hh_rlhf_harmless_test", "other", "MIT"),
    # half of it is code and mathematics under one label, so that it is used for word frequencies only
    Source("organic__arena_hard_v01", "", "Apache-2.0"),
    # without a licence, or with a non-commercial one: used to measure the model, never to train it
    Source("distill__alpaca_instructions_direct", "general_instruction", "CC-BY-NC-4.0", learn=False),
    Source("organic__instructionwild", "general_instruction", "non-commercial", learn=False),
    Source("organic__sharegpt_half0", "general_instruction", "none stated", learn=False),
    Source("distill__code_alpaca_2k", "software_engineering", "non-commercial", learn=False),
    Source("distill__codealpaca_self_instruct", "software_engineering", "non-commercial", learn=False),
)


def read_prompts(folder: Path, source: Source) -> list[str]:
    """The distinct non-empty prompts of a source, in file order; OSError when the file is absent."""
    with gzip.open(folder / f"{source.stem}.jsonl.gz", "rt", encoding="utf-8") as lines:
        prompts = [str(json.loads(line)["prompt"]) for line in lines]
    return [prompt for prompt in dict.fromkeys(prompts) if prompt.strip()]
