"""Everything assessment knows of a candidate campaign, gathered from the tables into one record."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from stillwatch.assess.profile import PROFILES
from stillwatch.engine import Engine, Query

CLAIM_CAP = 14.0  # bits an account one kind of value may carry: its values overlap, and no single fact convicts


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
    unmatched_permits: int  # whose holder is no account seen and no organisation registered
    days: float  # between the first and the last exchange
    busiest_day_share: float
    tested_at: datetime
    registered: int  # members with a row in the accounts table
    identities: int | None  # customers the members claim to be: an organisation each, or by itself
    organisations: int | None
    organisation_share: float | None  # members that name one
    top_payment_share: float | None
    education_share: float | None
    contract_share: float | None
    subnets: int | None  # different /24 the purpose's exchanges came from
    top_subnet_share: float | None
    closures: int
    network_exchanges: int
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
SELECT
  candidates.candidate_id,
  candidates.network_id,
  candidates.tested_at,
  coalesce(spans.accounts, 0) AS accounts,
  coalesce(spans.exchanges, 0) AS exchanges,
  coalesce(permitted.permitted, 0) AS permitted,
  (
    SELECT count(*) FROM permits
    WHERE holder NOT IN (SELECT account_id FROM account_sketches)
      AND holder NOT IN (SELECT organisation_id FROM accounts WHERE organisation_id IS NOT NULL)
      AND permit_id NOT IN (SELECT permit_id FROM permit_accounts)
  ) AS unmatched_permits,
  coalesce(spans.days, 0.0) AS days,
  coalesce(spans.busiest_day_share, 1.0) AS busiest_day_share,
  coalesce(stated.registered, 0) AS registered,
  stated.identities,
  stated.organisations,
  stated.organisation_share,
  stated.top_payment_share,
  stated.education_share,
  stated.contract_share,
  addresses.subnets,
  addresses.top_subnet_share,
  coalesce(stated.closures, 0) AS closures,
  networks.exchanges AS network_exchanges
FROM candidate_campaigns AS candidates
JOIN networks USING (network_id)
LEFT JOIN candidate_spans AS spans USING (candidate_id)
LEFT JOIN candidate_permitted AS permitted USING (candidate_id)
LEFT JOIN candidate_registration AS stated USING (candidate_id)
LEFT JOIN candidate_addresses AS addresses USING (candidate_id)
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
    for name, query in PROFILES:
        engine.create(name, query())
    families: dict[str, dict[str, float]] = {}
    claims: dict[str, dict[str, float]] = {}
    for row in engine.fetch(value_bits_sql()).to_pylist():
        claims.setdefault(row["candidate_id"], {})[row["claim"]] = min(row["bits"], CLAIM_CAP)
        by_family = families.setdefault(row["candidate_id"], {})
        # kinds of one family overlap: the strongest stands for it
        by_family[row["family"]] = max(by_family.get(row["family"], 0.0), min(row["bits"], CLAIM_CAP))
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
