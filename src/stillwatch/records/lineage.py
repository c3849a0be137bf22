"""The tables by which networks and campaigns keep their ids from run to run."""

from __future__ import annotations

from dataclasses import replace

from stillwatch.records.columns import Kind, Table, columns

NETWORK, CAMPAIGN = "N", "C"
"""The first letter of an id says what it names."""

EVENTS = ("born", "grew", "shrank", "replaced_accounts", "merged_into", "split_from", "silent", "returned")

LINEAGE = Table(
    "lineage",
    (
        *columns(Kind.INT64, "run", required=True),  # number of the run that noticed it, 1 for the first
        *columns(Kind.STRING, "subject event", required=True),  # a network's or campaign's id, and one of EVENTS
        *columns(Kind.STRING, "other"),  # the id that a subject merged into or split from
        *columns(Kind.TIMESTAMP, "at", required=True),  # event time up to which the run that noticed it had read
        *columns(Kind.INT64, "accounts", required=True),  # of the subject after the event
        *columns(Kind.INT64, "overlap"),  # accounts that the event's two sides have in common
    ),
    ("run", "subject", "event"),
)

LINEAGE_MEMBERS = Table(
    "lineage_members",
    (
        *columns(Kind.STRING, "subject account_id", required=True),
        *columns(Kind.TIMESTAMP, "joined_at", required=True),  # event time as in LINEAGE
        *columns(Kind.TIMESTAMP, "left_at"),  # null while it belongs, or belonged when the subject fell silent
    ),
    ("subject", "account_id", "joined_at"),
)

PREVIOUS_LINEAGE = replace(LINEAGE, name="previous_lineage")
PREVIOUS_MEMBERS = replace(LINEAGE_MEMBERS, name="previous_members")
"""The same two tables as an earlier run left them; without rows where there is none."""

PREVIOUS_RUN = Table("previous_run", columns(Kind.TIMESTAMP, "read_until"), ("read_until",))
"""One row where an earlier run is continued: the newest exchange that it had read, null where it had read none."""
