"""The prompt collections: their subjects and forms, their licences, and whether the model may be trained on them."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from pathlib import Path

BUNDLE, PUBLIC = "prompts", "prompts_by_capability"  # the two folders of the data folder
OWN = Path(__file__).parents[1] / "src" / "stillwatch_lab" / "worlds" / "text" / "prompts"


@dataclass(frozen=True, slots=True)
class Source:
    """One prompt file: its name, its labels, and whether its licence allows training on it.

    An empty subject or form means that the file has several of them, or that its prompts do not show it.
    """

    stem: str
    subject: str
    form: str
    licence: str
    group: str = ""  # what must be left out together; the name itself unless stated
    learn: bool = True
    folder: str = PUBLIC
    language: str = "en"
    shown: str = ""  # only prompts with these words are read, since the others do not show the form

    @property
    def name(self) -> str:
        """The file's name without its kind."""
        return self.stem.partition("__")[2] or self.stem

    @property
    def left_out_with(self) -> str:
        """The group of sources that are left out together."""
        return self.group or self.name

    def path(self, data: Path) -> Path:
        """The file, in the data folder or among the laboratory's own prompts."""
        return (OWN if self.folder == "own" else data / self.folder) / f"{self.stem}.jsonl.gz"


def _bundle(stem: str, subject: str, form: str, licence: str, learn: bool = True) -> Source:
    return Source(stem, subject, form, licence, learn=learn, folder=BUNDLE)


def _own(stem: str, subject: str, form: str) -> Source:
    return Source(stem, subject, form, "Apache-2.0", group=f"lab {stem}", folder="own")


_IN_LANGUAGES = {"ar": "arabic", "zh": "chinese", "en": "english", "fr": "french", "de": "german", "id": "indonesian"}
_IN_LANGUAGES |= {"it": "italian", "pt": "portuguese", "tr": "turkish", "vi": "vietnamese"}

SOURCES = (
    _bundle("bench__humaneval", "software", "answer", "MIT"),
    _bundle("bench__mbpp", "software", "answer", "CC-BY-4.0"),
    _bundle("bench__gsm8k_test", "mathematics", "answer", "MIT"),
    _bundle("bench__math_test", "mathematics", "answer", "MIT"),
    _bundle("distill__metamath_rephrase", "mathematics", "answer", "Apache-2.0"),
    _bundle("distill__gorilla_apibench", "software", "", "Apache-2.0"),
    _bundle("distill__toolalpaca_eval", "", "", "Apache-2.0"),
    _bundle("distill__pandalm_grading", "knowledge", "grading", "Apache-2.0"),
    _bundle("bench__alpaca_eval", "knowledge", "answer", "Apache-2.0"),
    _bundle("bench__mt_bench", "", "answer", "Apache-2.0"),
    _bundle("organic__awesome_chatgpt_prompts", "knowledge", "answer", "CC0-1.0"),
    _bundle("bench__bbh", "knowledge", "answer", "MIT"),
    _bundle("bench__mmlu_test", "knowledge", "answer", "MIT"),
    _bundle("organic__hh_rlhf_harmless_test", "knowledge", "answer", "MIT"),
    _bundle("organic__arena_hard_v01", "", "answer", "Apache-2.0"),
    # no licence, a non-commercial one, or texts of others inside: measured only
    _bundle("distill__fireact", "knowledge", "", "MIT, with observations from Wikipedia", learn=False),
    _bundle("distill__alpaca_instructions_direct", "knowledge", "answer", "CC-BY-NC-4.0", learn=False),
    _bundle("distill__alpaca_self_instruct", "knowledge", "answer", "CC-BY-NC-4.0", learn=False),
    _bundle("organic__instructionwild", "knowledge", "answer", "non-commercial", learn=False),
    _bundle("organic__sharegpt_half0", "", "answer", "none stated", learn=False),
    _bundle("distill__code_alpaca_2k", "software", "answer", "non-commercial", learn=False),
    _bundle("distill__codealpaca_self_instruct", "software", "answer", "non-commercial", learn=False),
    Source("alpacaeval_judge", "", "grading", "Apache-2.0"),
    Source("fastchat_judge", "", "grading", "Apache-2.0"),
    Source("llmbar", "knowledge", "grading", "MIT"),
    Source("prometheus", "", "grading", "Apache-2.0", "prometheus"),
    Source("judgebench", "", "grading", "no LICENSE file", "prometheus", learn=False),
    Source("android_world", "", "computer_use", "Apache-2.0"),
    Source("browser_use", "", "computer_use", "MIT"),
    Source("miniwob", "", "computer_use", "MIT"),
    Source("visualwebarena", "", "computer_use", "MIT"),
    Source("g1_reasoning", "", "reasoning_trace", "MIT"),
    Source("thinking_claude", "", "reasoning_trace", "MIT"),
    Source("hh_rewrite", "knowledge", "safety_rewriting", "own templates x MIT"),
    Source("cvalues_rewrite", "knowledge", "safety_rewriting", "own templates x Apache-2.0", "cvalues", language="zh"),
    Source("constitutional", "knowledge", "safety_rewriting", "no LICENSE file", learn=False),
    Source("taskbench", "", "tool_use", "MIT", shown="TASK LIST"),
    Source("toolqa", "", "agentic", "Apache-2.0", shown="Observation"),  # its prompts have a loop with results
    Source("metatool", "", "", "MIT"),
    Source("ultratool_en", "", "tool_use", "no LICENSE file", "ultratool", learn=False, shown='"description"'),
    Source(
        "ultratool_zh",
        "",
        "tool_use",
        "no LICENSE file",
        "ultratool",
        learn=False,
        language="zh",
        shown='"description"',
    ),
    Source("mlagentbench", "", "agentic", "MIT"),
    Source("react", "knowledge", "agentic", "MIT, with texts under CC-BY-SA", learn=False),
    Source("strategyqa", "knowledge", "", "MIT"),
    Source("planbench", "knowledge", "planning", "MIT"),
    Source("da_code", "data", "answer", "MIT"),
    Source("discoverybench", "data", "answer", "ODC-BY"),
    Source("spider2", "data", "answer", "MIT"),
    Source("tabfact", "data", "answer", "MIT"),
    Source("humaneval_x", "software", "answer", "Apache-2.0", "humaneval"),
    *(
        Source(f"heval_xl_{name}", "software", "answer", "MIT", "humaneval", language=code)
        for code, name in _IN_LANGUAGES.items()
    ),
    Source("svamp", "mathematics", "answer", "MIT"),
    Source("gaokao_math", "mathematics", "answer", "Apache-2.0", "gaokao", language="zh"),
    Source("gaokao_other", "knowledge", "answer", "Apache-2.0", "gaokao", language="zh"),
    *(
        Source(f"mgsm_{code}", "mathematics", "answer", "CC-BY-4.0", "gsm8k", language=code)
        for code in ("bn", "de", "es", "ja", "ru", "sw", "th", "zh")
    ),
    *(
        Source(f"xcopa_{code}", "knowledge", "answer", "CC-BY-4.0", "xcopa", language=code)
        for code in ("et", "ht", "id", "sw", "ta", "th", "tr", "vi")
    ),
    Source("awesome_zh", "knowledge", "answer", "MIT", language="zh"),
    Source("belle_eval_code", "software", "answer", "Apache-2.0", "belle", language="zh"),
    Source("belle_eval_gen", "knowledge", "answer", "Apache-2.0", "belle", language="zh"),
    Source("belle_eval_math", "mathematics", "answer", "Apache-2.0", "belle", language="zh"),
    Source("belle_seeds", "knowledge", "answer", "Apache-2.0", "belle", language="zh"),
    Source("cvalues_bare", "knowledge", "answer", "Apache-2.0", "cvalues", language="zh"),
    Source("vicuna_bench", "knowledge", "answer", "Apache-2.0"),
    _own("distill__own_agentic_reasoning", "", "agentic"),
    _own("distill__own_computer_use", "", "computer_use"),
    _own("distill__own_data_analysis", "data", "answer"),
    _own("distill__own_general_instruction", "knowledge", "answer"),
    _own("distill__own_grading", "", "grading"),
    _own("distill__own_long_horizon_planning", "", "planning"),
    _own("distill__own_mathematical_reasoning", "mathematics", "answer"),
    _own("distill__own_reasoning_trace", "", "reasoning_trace"),
    _own("distill__own_safety_rewriting", "", "safety_rewriting"),
    _own("distill__own_software_engineering", "software", "answer"),
    _own("distill__own_tool_use", "", "tool_use"),
    _own("organic__own_conversations", "", "answer"),
)

_WITH = {"gsm8k_test": "gsm8k", "metamath_rephrase": "gsm8k"}  # translations and rephrasings go with their original


def group_of(source: Source) -> str:
    """The group with which a source is left out."""
    return _WITH.get(source.name, source.left_out_with)


def read_prompts(data: Path, source: Source) -> list[str]:
    """The distinct non-empty prompts of a source, in file order; OSError when the file is absent."""
    with gzip.open(source.path(data), "rt", encoding="utf-8") as lines:
        prompts = [str(json.loads(line)["prompt"]) for line in lines]
    return [prompt for prompt in dict.fromkeys(prompts) if prompt.strip() and source.shown in prompt]
