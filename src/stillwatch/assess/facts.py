"""Everything assessment knows of a candidate campaign, gathered from the tables into one record."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from stillwatch.engine import Engine, Query


@dataclass(frozen=True, slots=True)
class Trial:
    """One group test as the grouping stage left it."""

    statistic: float  # -1 where it could not be computed
    reference: float
    bits: float


@dataclass(frozen=True, slots=True)
class Facts:
    """A candidate campaign's facts; shares are in [0, 1], absent ones are None."""

    candidate_id: str
    network_id: str
    accounts: int  # with exchanges of the purpose that no permit covers
    exchanges: int
    permitted: int  # exchanges that a permit covers
    days: float  # between the first and the last exchange
    busiest_day_share: float
    tested_at: datetime
    registered: int  # members with a row in the accounts table
    identities: int | None  # customers the members claim to be: organisations, else cards, else e-mails
    top_organisation_share: float | None
    top_payment_share: float | None
    education_share: float | None
    contract_share: float | None
    subnets: int | None  # different /24 the purpose's exchanges came from
    top_subnet_share: float | None
    closures: int
    family_bits: dict[str, float] = field(default_factory=dict)  # pooled surprise an account, by family
    claim_bits: dict[str, float] = field(default_factory=dict)  # the same by claim
    trials: dict[str, Trial] = field(default_factory=dict)

    def trial(self, name: str) -> Trial | None:
        """A test's outcome, or None when it was not run or could say nothing."""
        found = self.trials.get(name)
        return None if found is None or found.statistic == -1.0 else found


def candidate_facts_sql() -> Query:
    """One row a candidate: size, span, registration and addresses of the exchanges that may be accused."""
    return Query(
        "candidate facts",
        """
WITH spans AS (
  SELECT
    candidate_id,
    count(DISTINCT account_id) AS accounts,
    count(*) AS exchanges,
    epoch(max(started_at) - min(started_at)) / 86400.0 AS days
  FROM accusable_exchanges GROUP BY candidate_id
),
busiest AS (
  SELECT candidate_id, max(n) / sum(n) AS busiest_day_share
  FROM (
    SELECT candidate_id, CAST(started_at AS DATE) AS day, count(*) AS n FROM accusable_exchanges GROUP BY ALL
  ) GROUP BY candidate_id
),
permitted AS (
  SELECT candidate_id, count(*) AS permitted
  FROM candidate_exchanges SEMI JOIN permitted_exchanges USING (exchange_id) GROUP BY candidate_id
),
members AS (
  SELECT DISTINCT candidate_id, account_id FROM accusable_exchanges
),
stated AS (
  SELECT
    members.candidate_id,
    count(accounts.account_id) AS registered,
    count(DISTINCT coalesce(organisation_id, payment_fingerprint, email_hash, account_id))
      FILTER (WHERE accounts.account_id IS NOT NULL) AS identities,
    count(*) FILTER (WHERE account_type = 'education') / greatest(1, count(account_type)) AS education_share,
    count(*) FILTER (WHERE verification = 'contract') / greatest(1, count(verification)) AS contract_share,
    count(closed_at) AS closures
  FROM members JOIN accounts USING (account_id) GROUP BY members.candidate_id
),
organisations AS (
  SELECT candidate_id, max(n) AS top_organisation
  FROM (
    SELECT candidate_id, organisation_id, count(*) AS n
    FROM members JOIN accounts USING (account_id) WHERE organisation_id IS NOT NULL GROUP BY ALL
  ) GROUP BY candidate_id
),
payments AS (
  SELECT candidate_id, max(n) AS top_payment
  FROM (
    SELECT candidate_id, payment_fingerprint, count(*) AS n
    FROM members JOIN accounts USING (account_id) WHERE payment_fingerprint IS NOT NULL GROUP BY ALL
  ) GROUP BY candidate_id
),
subnets AS (
  SELECT candidate_id, count(*) AS subnets, max(n) / sum(n) AS top_subnet_share
  FROM (
    SELECT candidate_id, address_subnet_value, count(*) AS n
    FROM accusable_exchanges JOIN exchange_sketches USING (exchange_id)
    WHERE address_subnet_value IS NOT NULL GROUP BY ALL
  ) GROUP BY candidate_id
)
SELECT
  candidates.candidate_id,
  candidates.network_id,
  candidates.tested_at,
  coalesce(spans.accounts, 0) AS accounts,
  coalesce(spans.exchanges, 0) AS exchanges,
  coalesce(permitted.permitted, 0) AS permitted,
  coalesce(spans.days, 0.0) AS days,
  coalesce(busiest.busiest_day_share, 1.0) AS busiest_day_share,
  coalesce(stated.registered, 0) AS registered,
  stated.identities,
  organisations.top_organisation / stated.registered AS top_organisation_share,
  payments.top_payment / stated.registered AS top_payment_share,
  stated.education_share,
  stated.contract_share,
  subnets.subnets,
  subnets.top_subnet_share,
  coalesce(stated.closures, 0) AS closures
FROM candidate_campaigns AS candidates
LEFT JOIN spans USING (candidate_id)
LEFT JOIN busiest USING (candidate_id)
LEFT JOIN permitted USING (candidate_id)
LEFT JOIN stated USING (candidate_id)
LEFT JOIN organisations USING (candidate_id)
LEFT JOIN payments USING (candidate_id)
LEFT JOIN subnets USING (candidate_id)
ORDER BY candidates.candidate_id
""",
    )


def value_bits_sql() -> Query:
    """Pooled surprise of each claim, in bits an account of the network."""
    return Query(
        "value bits",
        """
SELECT
  candidates.candidate_id,
  network_values.family,
  network_values.claim,
  sum(CAST(round(network_values.bits * 1000) AS BIGINT)) / 1000.0 / max(networks.accounts) AS bits
FROM candidate_campaigns AS candidates
JOIN networks USING (network_id)
JOIN network_values USING (network_id)
GROUP BY ALL
ORDER BY ALL
""",
    )


def gather(engine: Engine) -> list[Facts]:
    """Facts of every candidate, in order of id."""
    families: dict[str, dict[str, float]] = {}
    claims: dict[str, dict[str, float]] = {}
    for row in engine.fetch(value_bits_sql()).to_pylist():
        claims.setdefault(row["candidate_id"], {})[row["claim"]] = row["bits"]
        by_family = families.setdefault(row["candidate_id"], {})
        # kinds of one family overlap: the strongest stands for it
        by_family[row["family"]] = max(by_family.get(row["family"], 0.0), row["bits"])
    trials: dict[str, dict[str, Trial]] = {}
    for row in engine.fetch(Query("group tests", "SELECT * FROM group_tests ORDER BY candidate_id, test")).to_pylist():
        trials.setdefault(row["candidate_id"], {})[row["test"]] = Trial(row["statistic"], row["reference"], row["bits"])
    return [
        Facts(
            **row,
            family_bits=families.get(row["candidate_id"], {}),
            claim_bits=claims.get(row["candidate_id"], {}),
            trials=trials.get(row["candidate_id"], {}),
        )
        for row in engine.fetch(candidate_facts_sql()).to_pylist()
    ]
