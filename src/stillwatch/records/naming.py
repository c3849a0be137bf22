"""The two axes by which a request is named: its subject and its form, and the public words for both together."""

from __future__ import annotations

UNCLEAR = "unclear"
SUBJECTS = ("software", "mathematics", "data", "knowledge", UNCLEAR)
"""What a request is about; `knowledge` is everything else. A subject code in a sketch is an index into this tuple."""
FORMS = (
    "answer",
    "grading",
    "reasoning_trace",
    "safety_rewriting",
    "tool_use",
    "agentic",
    "computer_use",
    "planning",
    UNCLEAR,
)
"""How a request asks; `answer` is the ordinary form. A form code in a sketch is an index into this tuple."""

_BY_FORM = {
    "agentic": "agentic_reasoning",
    "planning": "long_horizon_planning",
    **{form: form for form in ("grading", "reasoning_trace", "safety_rewriting", "tool_use", "computer_use")},
}
_BY_SUBJECT = {"software": "software_engineering", "mathematics": "mathematical_reasoning", "data": "data_analysis"}


def capability_of(subject: str, form: str) -> str:
    """Returns the capability word of an exchange: by its form unless that is an ordinary answer, else by its subject.

    It is `unclear` where neither says anything and one of them is unclear.
    """
    if form in _BY_FORM:
        return _BY_FORM[form]
    if subject in _BY_SUBJECT:
        return _BY_SUBJECT[subject]
    return UNCLEAR if UNCLEAR in (subject, form) else "general_instruction"
