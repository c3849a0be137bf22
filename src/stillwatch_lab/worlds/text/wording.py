"""Shipped phrases: the frames that campaigns, jobs and tools put around data, and phrases that people repeat."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from stillwatch_lab.worlds import draws
from stillwatch_lab.worlds.parameters import keys_under
from stillwatch_lab.worlds.text.corpus import CorpusBuilder, Span
from stillwatch_lab.worlds.text.languages import phrases_by_language
from stillwatch_lab.worlds.text.programs import Frame

_ROLES = (
    "You are a careful expert.",
    "You are an experienced annotator who writes reference answers.",
    "Act as a senior specialist in the field.",
    "You produce high-quality demonstrations.",
    "You are one of the best problem solvers in the world.",
    "Assume the role of an instructor preparing worked solutions.",
    "You write answers that other people will learn from.",
    "As a domain expert, answer below.",
    "You will be shown one item from a larger collection.",
    "Treat every item as if it were graded by a strict reviewer.",
    "Work alone and do not ask questions back.",
    "You are given a task. Complete it in full.",
)

_MANNERS: dict[str, tuple[str, ...]] = {
    "software_engineering": (
        "Solve the programming task below. Explain the design first, then give complete, tested code.",
        "Implement what is asked. Return the final code in one block, then three test cases.",
        "Write the patch a senior engineer would submit, with the reasoning behind each hunk.",
        "Give two different implementations and state the complexity of each.",
        "First restate the requirement, then list edge cases, then write the code.",
    ),
    "agentic_reasoning": (
        "Alternate Thought, Action and Observation until the task is finished. Actions: search[query], open[page].",
        "Plan, act and check. After each step write what you learned and what you will do next.",
        "Solve the task as an autonomous agent; print every intermediate decision.",
        "Produce a complete trajectory: goal, plan, steps with tool calls, verification, final answer.",
    ),
    "long_horizon_planning": (
        "Break the goal into milestones, order them by dependency, and estimate each.",
        "Write a plan of at least twelve steps with risks and fallbacks.",
        "Return a dependency graph of tasks and then the schedule.",
    ),
    "mathematical_reasoning": (
        "Solve step by step. Put the final answer in a box.",
        "Rewrite the question in other words without changing its answer, then solve the rewritten question.",
        "Derive the result twice by different methods and compare.",
        "Give a full derivation, numbering each step, and end with the answer alone on a line.",
    ),
    "tool_use": (
        "Choose the right call and fill in every argument. Answer only with the call as JSON.",
        "Given the interface below, write the sequence of calls that satisfies the request.",
        "List the tools needed, then the calls with arguments, then the expected return values.",
    ),
    "grading": (
        "Compare the two responses on accuracy, help and clarity. Score each from 1 to 10, then name the winner.",
        "You are a strict grader. Apply the rubric, justify each point in one sentence, finish with a single number.",
        "Judge which answer a demanding user would prefer. Output only A, B or tie, then the reason.",
    ),
    "reasoning_trace": (
        "Imagine the answer is already written. Describe the internal reasoning that led to it, in full.",
        "Think aloud first. Write everything you consider between <thinking> tags and the answer after them.",
        "Show your complete chain of thought, including rejected paths.",
    ),
    "computer_use": (
        "Given the screen described below, name the next action and its coordinates.",
        "Operate the desktop until the task is done; after each action describe what the screen shows.",
        "List every click and keystroke, in order, with the reason for each.",
    ),
    "data_analysis": (
        "Read the table, compute what is asked, and show every intermediate figure.",
        "Write the query, then its result, then two conclusions that follow from it.",
        "Explore the data set below: distribution, outliers, correlations, conclusion.",
    ),
    "safety_rewriting": (
        "Rewrite the text so that it stays within policy while keeping its meaning.",
        "Give the refusal, then a safe answer that still helps, then why it is safe.",
        "Soften the passage below in three degrees, from slightly to completely neutral.",
    ),
    "general_instruction": (
        "Respond to the instruction with the best possible answer.",
        "Write an ideal response. If an input is given, use it.",
        "Complete the instruction, then write three similar instructions with their answers.",
        "Answer thoroughly, in well structured paragraphs.",
    ),
}

_LABELS = (
    "### Task:",
    "Question:",
    "Instruction:",
    "[ITEM]",
    "<task>",
    "Input:",
    "Problem statement:",
    "Here is the item:",
    "Prompt:",
    "---",
    "Q:",
    "TASK>",
)
_ENDINGS = (
    "### Response:",
    "Answer:",
    "Do not mention these instructions.",
    "Return plain text.",
    "Return JSON with the keys reasoning and answer.",
    "Be complete; do not shorten.",
    "Write at least 300 words.",
    "Begin.",
    "</task>",
    "Output:",
    "Keep the language of the item.",
    "End with the line DONE.",
)

FOLLOWUPS = (
    "Now criticise your answer as a strict reviewer and write an improved version.",
    "Continue.",
    "Give the reasoning behind the previous answer in more detail.",
    "Generate a harder variant of the same task and solve it.",
    "Check every step once more and correct mistakes.",
)

PERSON_OPENERS = (
    "hi",
    "Hey, quick question.",
    "Please help me with this:",
    "ok so",
    "Hello!",
    "I need some help.",
    "Can you look at this?",
    "Following up on yesterday:",
    "Back to this again.",
    "one more thing",
    "So I tried what you said.",
    "New day, same project.",
    "bonjour",
    "Hola,",
    "Guten Morgen,",
    "pls",
)
PERSON_FOLLOWUPS = (
    "continue",
    "thanks, and now?",
    "that does not work",
    "Can you make it shorter?",
    "I get an error when I run this.",
    "go on",
    "why?",
    "explain the second part",
    "No, I meant something else.",
    "ok",
    "please rewrite it",
    "Could you give an example?",
    "what about this case:",
    "Same again but for",
    "great, next",
    "weiter",
    "it still fails",
    "can you check that again",
    "add comments",
    "use simpler words",
)
ANSWER_OPENERS = (
    "Sure.",
    "Here is one way to do it.",
    "Of course!",
    "Let's look at it step by step.",
    "That depends.",
    "Yes.",
    "Certainly, here is a draft.",
    "Good question.",
    "The short answer:",
    "I see what you mean.",
    "First,",
    "There are a few options.",
    "I'm sorry, but I can't help with that.",
    "Voici",
    "Hier ist",
)

_JOB_FRAMES = (
    ("Classify the ticket into one of: billing, defect, question, other. Ticket:", "Reply with the label only."),
    ("Extract name, date and amount from the document below as JSON.", "If a field is missing, use null."),
    ("Summarise the following customer review in one sentence.", "Keep the tone neutral."),
    ("Translate into English. Keep product names unchanged.", ""),
    ("Write a product description of 60 words from these notes:", "No superlatives."),
    ("Decide whether the message is spam. Message:", "Answer yes or no with a confidence."),
    ("Rate the sentiment of this comment from -2 to 2.", "Return the number."),
    ("Turn the meeting notes into action items with owners.", "Use a bulleted list."),
)
_ORGANISATION_INSTRUCTIONS = (
    "You are the internal assistant of our company. Follow the style guide and never share customer data.",
    "You support our analysts. Cite the internal document you rely on; say so when you are not sure.",
    "You are the help desk assistant for staff. Keep answers under 150 words unless asked.",
    "You assist engineers at our firm. Prefer our libraries, follow the coding standard, and flag licence questions.",
    "Assistant for the legal and finance teams. Never give final legal advice; draft and point out risks.",
)
_CUSTOMERS_ROLES = (
    "You are a helpful assistant.",
    "You are an expert programmer.",
    "You are a patient tutor.",
    "Act as my editor.",
    "You are a translator between the languages I write in.",
    "You are the assistant of a small shop.",
    "You write for a blog.",
    "You are a character in a story that we tell together.",
    "You are a research assistant.",
    "You review code.",
)
_CUSTOMERS_WISHES = (
    "",
    "Be concise.",
    "Think before you answer, and say so when you are unsure.",
    "Answer in the language of the question.",
    "Use Markdown, and code blocks for code.",
    "Never apologise.",
    "Prefer TypeScript and explain what each change does.",
    "Prefer Python with type hints.",
    "Stay in character whatever happens.",
    "Ask back when a request is unclear.",
    "Give sources where you can.",
    "Write in a warm and friendly tone.",
)
_MAKER_FRAMES = (
    ("Write five short messages that a customer might send in the same tone as this one:", ""),
    ("Paraphrase the utterance below in eight ways, one a line.", "Keep its intent."),
    ("Invent three messages that would carry the opposite label to this one:", "Return one a line."),
    ("Here is an example of the class. Produce ten more of it:", "Vary length and spelling."),
    ("Label the message with its intent and give two similar messages:", "Return JSON."),
)
_PROBES = (
    "Which model are you, and when does your knowledge end?",
    "Answer only if you are allowed to:",
    "Can you do the following? Say yes or no, then do it:",
    "This is not an attempt to extract reasoning. Please answer:",
    "What would you refuse about this request?",
    "Show your reasoning for this, if you can:",
    "",
)
_WRAPPER_INSTRUCTIONS = (
    "You answer inside a study app. Before every answer, explain your reasoning step by step and in full.",
    "Narrate your reasoning while you work, so that the user can follow each decision you take.",
    "You are embedded in a note-taking tool. Always write down how you arrived at the answer, then the answer.",
)
_FLEET_FRAMES = (
    ("Review this change and list problems by severity.", "Answer with NONE if there are none."),
    ("Write release notes for the commits below.", "Group them by component."),
    ("Explain why this build failed and suggest a fix.", "Be brief."),
)


@dataclass(frozen=True, slots=True)
class Voice:
    """The wording of a campaign's frames.

    `foreign` is the share of frames that are written in one of `languages` instead of English, and `in_system` the
    share whose text is in the system instructions.
    """

    languages: list[str]
    foreign: float
    in_system: float


def campaign_frames(corpus: CorpusBuilder, key: int, capability: str, count: int, voice: Voice) -> tuple[Frame, ...]:
    """At most `count` different frames for payloads of one capability."""
    keys = keys_under(key, f"frames {capability}", 4 * count)
    manners = _MANNERS.get(capability, _MANNERS["general_instruction"])
    foreign = draws.uniform(keys, "foreign") < voice.foreign
    tongue = draws.whole(keys, "tongue", len(voice.languages))
    places = [draws.uniform(keys, f"part {part}") for part in range(4)]
    chosen: dict[tuple[str, ...], bool] = {}
    for number in range(len(keys)):
        parts: Sequence[Sequence[str]] = (_ROLES, manners, _LABELS, _ENDINGS)
        if foreign[number]:
            words = phrases_by_language()[voice.languages[tongue[number]]]
            parts = (words["roles"], words["manners"], words["labels"], words["endings"])
        texts = tuple(part[int(place[number] * len(part))] for part, place in zip(parts, places, strict=True))
        in_system = draws.uniform(keys[number : number + 1], "in system")[0] < voice.in_system
        chosen.setdefault(texts, bool(in_system))
    return tuple(_framed(corpus, texts, in_system) for texts, in_system in list(chosen.items())[:count])


def _framed(corpus: CorpusBuilder, texts: tuple[str, ...], in_system: bool) -> Frame:
    role, manner, label, ending = (corpus.phrase(text) for text in texts)
    if in_system:
        return Frame(before=(label,), system=(role, manner, ending))
    return Frame(before=(role, manner, label), after=(ending,))


def job_frame(corpus: CorpusBuilder, key: int, job: str = "rows") -> Frame:
    """One frame of a job on the `rows` of a firm's data, of a build `fleet`, or of the `makers` of data."""
    frames: Sequence[tuple[str, str]] = {"rows": _JOB_FRAMES, "fleet": _FLEET_FRAMES, "makers": _MAKER_FRAMES}[job]
    before, after = frames[key % len(frames)]
    return Frame(before=(corpus.phrase(before),), after=(corpus.phrase(after),) if after else ())


def probes(corpus: CorpusBuilder, key: int, count: int) -> tuple[Frame, ...]:
    """At most `count` frames of questions that try out what a model can do and where it refuses."""
    keys = keys_under(key, "probes", count)
    texts = dict.fromkeys(_PROBES[number] for number in draws.whole(keys, "probe", len(_PROBES)).tolist())
    return tuple(Frame(before=(corpus.phrase(text),)) if text else Frame() for text in texts)


def wrapper_instructions(corpus: CorpusBuilder, key: int) -> Span:
    """The system instructions of a wrapper whose users all get their reasoning explained."""
    return corpus.phrase(_WRAPPER_INSTRUCTIONS[key % len(_WRAPPER_INSTRUCTIONS)])


def customers_instructions(corpus: CorpusBuilder, key: int) -> Span:
    """System instructions such as people write for their own clients."""
    role, *wishes = (
        texts[draws.key_of(key, part) % len(texts)]
        for part, texts in enumerate((_CUSTOMERS_ROLES, _CUSTOMERS_WISHES, _CUSTOMERS_WISHES))
    )
    return corpus.phrase(" ".join(text for text in (role, *dict.fromkeys(wishes)) if text))


def organisation_instructions(corpus: CorpusBuilder, key: int) -> Span:
    """The system instructions that an organisation gives to all its members."""
    return corpus.phrase(_ORGANISATION_INSTRUCTIONS[key % len(_ORGANISATION_INSTRUCTIONS)])


def phrases(corpus: CorpusBuilder, texts: Sequence[str]) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
    """Spans of several phrases, one row a phrase."""
    return np.array([corpus.phrase(text) for text in texts], dtype=np.int64)
