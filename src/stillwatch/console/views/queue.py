"""The review queue: one thing after another, each taken by one person, judged with a reason, and undone by name."""

from __future__ import annotations

from datetime import timedelta

from stillwatch.console import review, subjects
from stillwatch.console.asked import Asked, NotFoundError, given, note_view, own_address, see
from stillwatch.console.render import page, query
from stillwatch.console.views import campaigns
from stillwatch.ledger import ROLES
from stillwatch.ledger.records import VERDICTS
from stillwatch.serve.http import Response
from stillwatch.settings import ConsoleSettings

MOST_SKIPPED = 200


def listed(asked: Asked) -> Response:
    """Lists what waits."""
    return page(asked, "queue.html.j2", title="Review", queue=_queue(asked), quota=_settings(asked).most_of_a_source)


def following(asked: Asked) -> Response:
    """Leads to the next thing that the person can settle, and keeps it for that person."""
    skipped = tuple(one for one in asked.form.get("skipped", "").split(" ") if one)[:MOST_SKIPPED]
    with asked.ledger.writing():  # what is next is taken before anybody else can look what is next
        one = review.next_for(_queue(asked), asked.person, _roles(asked), skipped)
        if one is not None:
            kept = timedelta(minutes=_settings(asked).lock_minutes)
            asked.ledger.claims.take(one.subject, asked.person, asked.now, kept)
    if one is None:
        return page(asked, "queue_empty.html.j2", title="Nothing waits for you", skipped=len(skipped))
    return see(f"{one.address}{query(skipped=' '.join(skipped))}")


def campaign(asked: Asked) -> Response:
    """Shows a campaign with the form that judges it, evidence and innocent explanations first."""
    run, name = asked.site.findings.run, asked.ids[0]
    described = campaigns.described(run, name)
    about = campaigns.shown(asked, run, described)
    note_view(asked, "review of campaign", [name, *(row["account_id"] for row in about["members"])])
    return page(
        asked,
        "review_campaign.html.j2",
        title=f"Review of campaign {name}",
        skipped=asked.query.get("skipped", ""),
        verdicts=VERDICTS,
        **about,
    )


def judge(asked: Asked) -> Response:
    """Takes a judgement of any subject, and leads back or to the next thing."""
    word = review.Word(
        given(asked.form, "subject", 100_000),
        given(asked.form, "verdict"),
        given(asked.form, "reason"),
        given(asked.form, "seen"),
    )
    outcome = review.judge(
        asked.site.findings.run_if_any, asked.ledger, _settings(asked), word, asked.person, asked.now
    )
    if asked.form.get("then") == "next":
        return following(asked)
    back = own_address(given(asked.form, "back"), "/judgements")
    return see(f"{back}{'&' if '?' in back else '?'}done={outcome}")


def release(asked: Asked) -> Response:
    """Lets go what the person has taken, and leads to the next thing or back to the queue."""
    asked.ledger.claims.release(given(asked.form, "subject", 100_000), asked.person, asked.now)
    return following(asked) if asked.form.get("then") == "next" else see("/review")


def proposal(asked: Asked) -> Response:
    """Shows a judgement that waits for a second person, beside what it is about."""
    one = asked.ledger.proposals.find(asked.ids[0])
    if one is None:
        raise NotFoundError("That proposal waits no longer: somebody agreed to it, declined it or took it back.")
    note_view(asked, "review of proposal", [one.subject])
    run = asked.site.findings.run_if_any
    subject = subjects.found(run, one.subject) if run is not None else None
    return page(asked, "proposal.html.j2", title="A second person is needed", proposal=one, about=subject)


def second(asked: Asked) -> Response:
    """Takes what a second person says of a proposal."""
    if given(asked.form, "answer") == "agree":
        run, reason = asked.site.findings.run, given(asked.form, "reason")
        said = review.agree(run, asked.ledger, asked.ids[0], asked.person, asked.now, reason)
        return see(f"/judgements{query(subject=said.subject, done='judged')}")
    review.decline(asked.ledger, asked.ids[0], asked.person, asked.now, given(asked.form, "reason"))
    return see("/review?done=declined")


def _queue(asked: Asked) -> review.Queue:
    return review.queue(asked.site.findings.run_if_any, asked.ledger, _settings(asked), asked.now)


def _settings(asked: Asked) -> ConsoleSettings:
    return asked.site.settings.console


def _roles(asked: Asked) -> tuple[str, ...]:
    return ROLES[: ROLES.index(asked.role) + 1]
