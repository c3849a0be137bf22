"""The policy that decides: its lines and bounds, and what it would have done in the last thirty days."""

from __future__ import annotations

from stillwatch.console.asked import Asked, note_view
from stillwatch.console.render import page
from stillwatch.errors import Mistake, UsageError
from stillwatch.respond.dry_run import DAYS, DryRun, dry_run
from stillwatch.respond.people import People
from stillwatch.respond.policy import Policy, load_policy
from stillwatch.serve.http import Response


def policy(asked: Asked) -> Response:
    """Shows the policy, and tries it where that is asked for."""
    path = asked.site.settings.console.policy
    found, mistakes = Policy(), tuple[Mistake, ...]()
    try:
        found = load_policy(path)
    except UsageError as error:
        mistakes = error.mistakes
    tried = None
    if asked.query.get("try") and not mistakes and asked.may("approver"):
        tried = _tried(asked, found)
        note_view(asked, "policy tried", [found.digest])
    return page(
        asked, "policy.html.j2", title="Policy", path=path, policy=found, mistakes=mistakes, tried=tried, days=DAYS
    )


def _tried(asked: Asked, found: Policy) -> DryRun:
    """What the policy would have done; kept for the run and what people have judged."""
    run, said = asked.site.findings.run, asked.ledger.judgements.latest()
    key = ("policy", found.digest, tuple(sorted(one.judgement_id for one in said.values())))
    return run.once(key, lambda _: dry_run(run.path, found, People(), said))
