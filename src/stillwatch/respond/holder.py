"""What a holder is told: which rule, which months, what was done until when, and how to object; never what was seen."""

from __future__ import annotations

import secrets
from datetime import datetime

from stillwatch.ledger.records import cleaned
from stillwatch.respond.findings import Finding
from stillwatch.respond.policy import Holder, Line

# none that is read for another, and no K: gateways black out what looks like a key, as LiteLLM does with `SK-` and more
_LETTERS = "ABCDEFGHJLMNPQRSTUVWXYZ23456789"
_GROUPS, _LENGTH = 5, 5  # 123 bits: nobody guesses another holder's reference

_DONE = {
    "label": "Answers to your requests are marked.",
    "challenge": "You are asked to confirm who you are before you go on.",
    "throttle": "Fewer of your requests are answered in a given time.",
    "limit_models": "Some models are not available to you.",
    "hide_reasoning": "Answers come without the model's reasoning.",
    "suspend": "Your account is suspended.",
}


def appeal_reference() -> str:
    """A reference that cannot be guessed and can be read out over the telephone."""
    letters = "".join(secrets.choice(_LETTERS) for _ in range(_GROUPS * _LENGTH))
    return "-".join(letters[at : at + _LENGTH] for at in range(0, len(letters), _LENGTH))


def holder_text(line: Line, holder: Holder, finding: Finding, span: tuple[datetime, datetime], appeal: str) -> str:
    """The text for the holder; '' for a line that only observes. `span` is when the effect begins and ends."""
    if line.effect == "observe":
        return ""
    begins, ends = (f"{moment:%Y-%m-%d %H:%M} UTC" for moment in span)
    return cleaned(
        f"{line.holder_text.strip()} This concerns the use of your account in {_months(finding)}. The rule: "
        f"{holder.rules}. {_DONE[line.effect]} This holds from {begins} to {ends}. If you think that it is wrong, "
        f"object at {holder.object_at} with the reference {appeal}: a person who had no part in it looks at it again."
    )


def _months(finding: Finding) -> str:
    # days would tell which requests were seen
    first, last = (f"{moment:%B %Y}" for moment in (finding.first_seen, finding.last_seen))
    return first if first == last else f"{first} to {last}"
