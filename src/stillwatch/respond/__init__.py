"""Findings become decisions, as far as a policy goes: bounded, delayed, reversible, and each with its reason.

`decide` reads a finished run and adds decisions and reversals to the ledger; `publish` writes the snapshot that
gateways ask; `dry_run` says what a policy would have done.
"""

from stillwatch.respond.decide import Summary, decide
from stillwatch.respond.dry_run import dry_run
from stillwatch.respond.people import People
from stillwatch.respond.policy import Policy, load_policy
from stillwatch.respond.publish import publish

__all__ = ["People", "Policy", "Summary", "decide", "dry_run", "load_policy", "publish"]
