"""The tables a run leaves behind (contract §2)."""

from __future__ import annotations

from stillwatch.records.columns import Kind, Table, columns
from stillwatch.records.inputs import ALTERED_ACCOUNTS, ALTERED_VALUES, CONFLICTING_ROWS, QUARANTINE, UNREAD_FILES
from stillwatch.records.lineage import LINEAGE, LINEAGE_MEMBERS

NETWORKS = Table(
    "networks",
    (
        *columns(Kind.STRING, "network_id kind", required=True),
        *columns(Kind.INT64, "accounts exchanges", required=True),
        *columns(Kind.TIMESTAMP, "first_seen last_seen", required=True),
        *columns(Kind.FLOAT64, "confidence", required=True),
        *columns(Kind.TIMESTAMP, "formed_at", required=True),  # event time from which the links sufficed
    ),
    ("network_id",),
)

NETWORK_MEMBERS = Table(
    "network_members",
    (
        *columns(Kind.STRING, "network_id account_id", required=True),
        *columns(Kind.FLOAT64, "probability bits", required=True),
        *columns(Kind.TIMESTAMP, "linked_at", required=True),  # event time from which its own links sufficed
    ),
    ("network_id", "account_id"),
)

NETWORK_VALUES = Table(
    "network_values",
    (
        *columns(Kind.STRING, "network_id value_id family claim", required=True),  # claim: `same_payment_issuer`
        *columns(Kind.INT64, "accounts outside_accounts", required=True),  # holders inside and outside the network
        *columns(Kind.FLOAT64, "bits", required=True),  # pooled surprise of the holders inside
        *columns(Kind.STRING, "shown"),  # the value as the log has it, at most 64 printable characters
    ),
    ("network_id", "value_id"),
)

NETWORK_LINKS = Table(
    "network_links",
    (*columns(Kind.STRING, "network_id account_id value_id", required=True),),  # a bounded sample, for drawing
    ("network_id", "account_id", "value_id"),
)

NETWORK_PROFILES = Table(
    "network_profiles",
    (
        *columns(Kind.STRING, "network_id claim", required=True),
        # the value as exchange sketches have it; of what accounts state, a hash under the same key
        *columns(Kind.INT64, "keyed accounts", required=True),
        # the share of members that hold it, and how many accounts hold it by chance for each distinct value they hold
        *columns(Kind.FLOAT64, "usage rate", required=True),
        *columns(Kind.TIMESTAMP, "held_since", required=True),  # when a second member held it
        *columns(Kind.BOOLEAN, "remembered", required=True),  # as of NETWORK_STANDINGS
    ),
    ("network_id", "remembered", "claim", "keyed"),
)

NETWORK_STANDINGS = Table(
    "network_standings",
    (
        *columns(Kind.STRING, "network_id campaign_id", required=True),  # the campaign of most of its accounts
        *columns(Kind.BOOLEAN, "remembered", required=True),  # whether an earlier run found it so
        *columns(Kind.INT64, "accounts exchanges", required=True),  # of the network
        *columns(Kind.INT64, "act review watch", required=True),  # accounts of it at each level of that campaign
        *columns(
            Kind.TIMESTAMP, "read_until", required=True
        ),  # event time up to which the run that found it so had read
    ),
    ("network_id", "remembered"),
)

LOOKS = Table(
    "looks",
    (
        # event time up to which the search before this one had read, at most a day earlier, and this one
        *columns(Kind.TIMESTAMP, "since until", required=True),
        # of each member of a campaign, by this search alone: its probability over that of the contrary
        *columns(Kind.SHARES, "odds", required=True),
    ),
    ("until",),
)
"""This run and the runs that it continues, of the last day."""

JOINS = Table(
    "joins",
    (
        *columns(Kind.STRING, "account_id network_id", required=True),
        *columns(Kind.STRING, "campaign_id level"),  # null where it joined a network that is no campaign
        *columns(Kind.FLOAT64, "bits", required=True),
        *columns(Kind.TIMESTAMP, "linked_at", required=True),  # event time from which its own links sufficed
        *columns(Kind.STRINGS, "claims", required=True),  # what it shares with the network
    ),
    ("account_id",),
)
"""Accounts that `watch` found to belong to a network since the last run; a table of the state, not of a run."""

NEWCOMERS = Table(
    "newcomers",
    (
        # the earlier network that it is most like
        *columns(Kind.STRING, "account_id network_id campaign_id", required=True),
        *columns(Kind.INT64, "exchanges", required=True),  # of the account, after which this is said; 0 is its sign-up
        # that it is the operator of that network, and of any earlier one
        *columns(Kind.FLOAT64, "probability of_any", required=True),
        # the likeliest networks, which carry 95 % of `of_any`: where there are several, nothing tells which it is
        *columns(Kind.SHARES, "candidates", required=True),
        *columns(Kind.FLOAT64, "bits", required=True),  # for that network's operator, beside chance
        *columns(Kind.STRING, "reason"),  # the likeliest innocent reason, where one is likelier than chance
        *columns(Kind.FLOAT64, "of_reason", required=True),  # the probability of that reason
        *columns(Kind.STRINGS, "evidence", required=True),  # sentences with bits
        *columns(Kind.TIMESTAMP, "said_at", required=True),  # UTC, by the clock of who compared
    ),
    ("account_id", "exchanges"),
)
"""New accounts that may be earlier operators; a table of the state, not of a run. Nothing follows from it."""

BIRTH_COHORTS = Table(
    "birth_cohorts",
    (
        *columns(Kind.STRING, "cohort_id", required=True),
        *columns(Kind.TIMESTAMP, "hour", required=True),  # UTC, in which its accounts signed up
        *columns(Kind.STRINGS, "accounts claims", required=True),  # who, and what they share
        # sign-ups that would hold so much by chance, and the probability that chance makes any such cohort in the hour
        *columns(Kind.FLOAT64, "expected probability", required=True),
        *columns(Kind.TIMESTAMP, "said_at", required=True),
    ),
    ("cohort_id",),
)
"""Bursts of sign-ups that are alike; a table of the state, not of a run. Nothing follows from it."""

CAMPAIGNS = Table(
    "campaigns",
    (
        *columns(Kind.STRING, "campaign_id", required=True),
        *columns(Kind.TIMESTAMP, "first_seen last_seen", required=True),
        *columns(Kind.INT64, "accounts exchanges", required=True),
        *columns(Kind.INT64, "conversations input_tokens output_tokens"),
        *columns(Kind.FLOAT64, "expected_innocent_accounts confidence q_value", required=True),
        *columns(Kind.STRING, "level", required=True),
        *columns(Kind.SHARES, "targets subjects forms", required=True),
        *columns(Kind.STRINGS, "networks", required=True),
    ),
    ("campaign_id",),
)

REFERENCE_SHARES = Table(
    "reference_shares",
    (
        *columns(Kind.INT64, "accounts exchanges", required=True),
        *columns(Kind.SHARES, "targets subjects forms", required=True),
    ),
    ("accounts",),
)
"""What accounts outside networks ask for, to be read beside a campaign's shares: at most one row."""

CAMPAIGN_MEMBERS = Table(
    "campaign_members",
    (
        *columns(Kind.STRING, "campaign_id account_id", required=True),
        *columns(Kind.INT64, "exchanges", required=True),
        *columns(Kind.FLOAT64, "probability", required=True),
        *columns(Kind.STRING, "level", required=True),
        *columns(Kind.TIMESTAMP, "detected_at", required=True),
    ),
    ("campaign_id", "account_id"),
)

CAMPAIGN_EXCHANGES = Table(
    "campaign_exchanges",
    (
        *columns(Kind.STRING, "campaign_id exchange_id account_id", required=True),
        *columns(Kind.TIMESTAMP, "started_at", required=True),
        *columns(Kind.FLOAT64, "probability", required=True),
    ),
    ("campaign_id", "account_id", "exchange_id"),
)

CAMPAIGN_USAGE = Table(
    "campaign_usage",
    (
        *columns(Kind.STRING, "campaign_id capability", required=True),  # as named, not worked back from the names
        *columns(Kind.STRING, "request_model"),
        *columns(Kind.BOOLEAN, "detected", required=True),  # sent when the evidence against the account sufficed
        *columns(Kind.INT64, "exchanges", required=True),
        # those that begin in this row, so that rows add up; null where the log names no conversations, or has no texts
        *columns(Kind.INT64, "conversations tasks input_tokens output_tokens"),
    ),
    ("campaign_id", "capability", "request_model", "detected"),
)

CAMPAIGN_TEXTS = Table(
    "campaign_texts",
    (
        *columns(Kind.STRING, "campaign_id capability", required=True),
        *columns(Kind.INT64, "times texts", required=True),  # so many texts were asked so many times
    ),
    ("campaign_id", "capability", "times"),
)

EVIDENCE = Table(
    "evidence",
    (
        *columns(Kind.STRING, "subject claim", required=True),
        *columns(Kind.FLOAT64, "bits", required=True),
        *columns(Kind.STRING, "sentence", required=True),
        *columns(Kind.STRINGS, "examples", required=True),
    ),
    ("subject", "claim"),
)

ALTERNATIVES = Table(
    "alternatives",
    (*columns(Kind.STRING, "subject alternative verdict sentence", required=True),),
    ("subject", "alternative"),
)

APPLIED_JUDGEMENTS = Table(
    "applied_judgements",
    (
        *columns(Kind.STRING, "source subject verdict", required=True),  # source: `judgement`, or `permit` of an id
        *columns(Kind.TIMESTAMP, "decided_at"),  # of a permit its beginning
        *columns(Kind.STRING, "decided_by reason"),
        *columns(Kind.STRING, "applies_to"),  # the id it holds for in this run; null where its subject exists nowhere
        *columns(Kind.INT64, "accounts", required=True),  # of this run that it holds for
        *columns(Kind.STRINGS, "through", required=True),  # what happened to the subject since, oldest first
    ),
    ("source", "subject", "applies_to"),
)

SEEN_INDICATORS = Table(
    "seen_indicators",
    (
        *columns(Kind.STRING, "network_id partner claim value", required=True),
        *columns(Kind.INT64, "accounts", required=True),  # of the network that hold the value
    ),
    ("network_id", "partner", "claim", "value"),
)
"""Indicators of partners that accounts of a network hold."""

DOORS = Table(
    "doors",
    (
        *columns(
            Kind.STRING, "door", required=True
        ),  # `channel`, `free`, `education`, `research`, `startup`, `reseller`
        *columns(Kind.STRING, "channel verification campaign_id level"),  # of a campaign's accounts; null for others
        *columns(Kind.INT64, "accounts cleared_accounts", required=True),  # cleared: judged innocent
        *columns(Kind.INT64, "exchanges early_exchanges", required=True),  # of a campaign: its own; before detection
        *columns(Kind.INT64, "within_hour within_day within_week", required=True),  # accounts found so soon
        *columns(Kind.FLOAT64, "expected_innocent_accounts", required=True),
    ),
    ("door", "channel", "verification", "campaign_id", "level"),
)
"""Through which door accounts came in, and which check they had passed."""

RESELLERS = Table(
    "resellers",
    (
        *columns(Kind.STRING, "reseller_id", required=True),
        *columns(Kind.INT64, "accounts exchanges act review watch campaign_exchanges", required=True),
        *columns(Kind.STRING, "permit_id"),  # its permit for resale; null without one
        *columns(Kind.TIMESTAMP, "valid_from valid_until"),
        *columns(Kind.STRINGS, "duties"),
    ),
    ("reseller_id",),
)

RESOLD_ACCOUNTS = Table(
    "resold_accounts",
    (*columns(Kind.STRING, "reseller_id account_id campaign_id level", required=True),),
    ("reseller_id", "account_id"),
)
"""Accounts of campaigns that came in through a reseller."""

REGIONS = Table(
    "regions",
    (
        *columns(Kind.STRING, "country"),  # of the sign-up address; null where no range has it
        *columns(Kind.BOOLEAN, "served hosting", required=True),  # hosting: the address is in a range of machines
        *columns(Kind.STRING, "through"),  # kind of the account's network
        *columns(Kind.INT64, "accounts conflicting campaign_accounts", required=True),  # its card names another country
    ),
    ("country", "served", "hosting", "through"),
)
"""Where accounts signed up from, by the provider's own address data."""

DOCUMENTS = Table(
    "documents",
    (*columns(Kind.STRING, "name media_type body", required=True),),  # each row becomes a file of the run folder
    ("name",),
)

RUN_FILES = (
    NETWORKS,
    NETWORK_MEMBERS,
    NETWORK_VALUES,
    NETWORK_LINKS,
    NETWORK_PROFILES,
    NETWORK_STANDINGS,
    LOOKS,
    CAMPAIGNS,
    CAMPAIGN_MEMBERS,
    CAMPAIGN_EXCHANGES,
    CAMPAIGN_USAGE,
    CAMPAIGN_TEXTS,
    REFERENCE_SHARES,
    EVIDENCE,
    ALTERNATIVES,
    LINEAGE,
    LINEAGE_MEMBERS,
    APPLIED_JUDGEMENTS,
    SEEN_INDICATORS,
    DOORS,
    RESELLERS,
    RESOLD_ACCOUNTS,
    REGIONS,
    QUARANTINE,
    ALTERED_VALUES,
    ALTERED_ACCOUNTS,
    CONFLICTING_ROWS,
    UNREAD_FILES,
)
"""The tables that become Parquet files of the run folder."""

LEVELS = ("act", "review", "watch")
ALTERNATIVE_VERDICTS = ("excluded", "possible", "preferred")
