"""What the holder of an account can be given: their own counts, the rule, how to object; nothing of anybody else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from stillwatch.engine import Engine, Query, literal
from stillwatch.errors import Mistake, UsageError
from stillwatch.ledger.records import Entry, in_utc
from stillwatch.report.document import RunFacts
from stillwatch.report.dossier.blocks import Block, Grid, Paragraph, Section, Written
from stillwatch.report.fetch import Row, rows
from stillwatch.report.sanitise import LONGEST_SENTENCE, sanitise
from stillwatch.report.wording import MONTHS, count, in_words

LONGEST_NOTICE = 4 * LONGEST_SENTENCE
"""Characters of a decision's own text for its holder."""


def extract(
    engine: Engine, facts: RunFacts, account: str, decisions: Sequence[Entry] | None, as_of: datetime
) -> Written:
    """The extract of one account; `decisions` is None where no ledger was named.

    Raises UsageError where neither the run nor the ledger says anything about the account.
    """
    (own,) = rows(engine, account_sql(account))
    told = [one for one in decisions or () if one.decision.effect != "observe"]
    if not own["exchanges"] and not decisions:
        what = "is in no campaign of this run, and no decision that was looked at is about it"
        raise UsageError([Mistake(f"`--account {sanitise(account)}`", what, "there is nothing to give its holder")])
    return Written(
        f"Account {sanitise(account)}",
        "What is held about this account, for its holder",
        (
            Section("Your own account", tuple(_own(own))),
            Section("What was decided", (Paragraph(_UNSEEN),) if decisions is None else tuple(_decided(told, as_of))),
            Section("What this means, and how to object", (Paragraph(_MEANING), Paragraph(_object(told), strong=True))),
        ),
        f"Made by Stillwatch {facts.version}. It says nothing about anybody else.",
    )


_MEANING = (
    "Programs compare how accounts are used. Your account was among those whose use looked as if several accounts "
    "worked on one task under one direction. Such a comparison errs: firms, classes, tools that many use and copied "
    "requests can look alike. It is no statement that you did anything wrong, and a person must look at it before it "
    "counts."
)
_UNSEEN = "The record of decisions was not looked at: this extract does not say whether anything was done."
_STANDING = {
    "reversed": "was undone and has no effect any more",
    "refused": "was refused and has no effect",
    "expired": "has ended",
    "held_out": "has no effect",
    "waiting": "has no effect until a second person agrees to it",
}
"""What is said of a decision that is not in force, before the text that was made for it."""


def _object(told: Sequence[Entry]) -> str:
    """How to object; a reference is named only where there is one."""
    place = "at the place and with the reference in the text above" if told else "to whoever gave you this"
    undone = "the decision is undone and your" if told else "your"
    return (
        f"You can object {place}. Say who uses the account and what for. A person who had no part in what was decided "
        f"looks at it again. If you are right, {undone} account is recorded as innocent."
    )


def account_sql(account: str) -> Query:
    """One row: the account's requests that count in any campaign, with the first and last of them."""
    return Query(
        "extract",
        f"""SELECT count(*) AS exchanges, min(started_at) AS first, max(started_at) AS last
FROM (
  SELECT DISTINCT exchange_id, started_at FROM campaign_exchanges WHERE account_id = {literal(account)}
) AS own""",
    )


def _own(own: Row) -> Iterator[Block]:
    if not own["exchanges"]:
        yield Paragraph("None of your account's requests count in the run that this extract was made from.")
        return
    # whole months: days would tell which requests were seen, and how to avoid it
    first, last = (f"{MONTHS[moment.month - 1]} {moment.year}" for moment in (own["first"], own["last"]))
    period = first if first == last else f"{first} to {last}"
    yield Grid(
        "Counts of your own account",
        ("what", "value"),
        (("requests that count", count(own["exchanges"])), ("period", period)),
    )


def _decided(told: Sequence[Entry], as_of: datetime) -> Iterator[Block]:
    yield Grid(
        f"Decisions about your account, as of {in_utc(as_of):%Y-%m-%d %H:%M} UTC",
        ("what", "kind of reason", "rule", "from", "to", "status", "reference"),
        tuple(
            (
                in_words(one.decision.effect),
                in_words(sanitise(one.decision.reason_code)),
                sanitise(one.decision.policy),
                f"{one.decision.since:%Y-%m-%d %H:%M}",
                f"{one.decision.expires_at:%Y-%m-%d %H:%M}",
                in_words(one.status(as_of)),
                sanitise(one.decision.appeal),
            )
            for one in told
        ),
        otherwise="Nothing was done to your account.",
    )
    for one in told:
        standing = _STANDING.get(one.status(as_of))
        if standing is not None:
            yield Paragraph(f"The decision {sanitise(one.decision.appeal)} {standing}. Its text was:", strong=True)
        # the policy's words, with the places at which the rule stands and at which a holder can object
        yield Paragraph(sanitise(one.decision.holder_text, LONGEST_NOTICE), linked=True)
