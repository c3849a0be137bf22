"""Our own words: frames that campaigns, jobs and tools wrap around data, and phrases that people repeat."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from stillwatch.lab import draws
from stillwatch.lab.corpus import CorpusBuilder, Span
from stillwatch.lab.parameters import keys_under
from stillwatch.lab.programs import Frame

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
_FLEET_FRAMES = (
    ("Review this change and list problems by severity.", "Answer with NONE if there are none."),
    ("Write release notes for the commits below.", "Group them by component."),
    ("Explain why this build failed and suggest a fix.", "Be brief."),
)


def campaign_frames(
    corpus: CorpusBuilder, key: int, capability: str, count: int, in_system: float
) -> tuple[Frame, ...]:
    """`count` different wordings for payload of one capability; a share `in_system` of them as system instructions."""
    keys = keys_under(key, f"frames {capability}", 4 * count)
    manners = _MANNERS.get(capability, _MANNERS["general_instruction"])
    parts = [_ROLES, manners, _LABELS, _ENDINGS]
    picks = np.stack([draws.whole(keys, f"part {i}", len(part)) for i, part in enumerate(parts)], axis=1)
    chosen = list(dict.fromkeys(map(tuple, picks.tolist())))[:count]
    frames = []
    for number, (role, manner, label, ending) in enumerate(chosen):
        head = (corpus.phrase(_ROLES[role]), corpus.phrase(manners[manner]))
        tail = (corpus.phrase(_ENDINGS[ending]),)
        mark = corpus.phrase(_LABELS[label])
        if draws.uniform(keys[number : number + 1], "in system")[0] < in_system:
            frames.append(Frame(before=(mark,), after=(), system=(*head, *tail)))
        else:
            frames.append(Frame(before=(*head, mark), after=tail))
    return tuple(frames)


def job_frame(corpus: CorpusBuilder, key: int, fleet: bool = False) -> Frame:
    """One wording of a batch job, or of a build fleet."""
    frames: Sequence[tuple[str, str]] = _FLEET_FRAMES if fleet else _JOB_FRAMES
    before, after = frames[key % len(frames)]
    return Frame(before=(corpus.phrase(before),), after=(corpus.phrase(after),) if after else ())


def organisation_instructions(corpus: CorpusBuilder, key: int) -> Span:
    """The system instructions an organisation gives all its members."""
    return corpus.phrase(_ORGANISATION_INSTRUCTIONS[key % len(_ORGANISATION_INSTRUCTIONS)])


def phrases(corpus: CorpusBuilder, texts: Sequence[str]) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
    """Spans of several phrases, one row a phrase."""
    return np.array([corpus.phrase(text) for text in texts], dtype=np.int64)
