"""Everything assessment knows of a candidate campaign, gathered from the tables into one record."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from stillwatch.assess.profile_tables import PROFILE_TABLES
from stillwatch.assess.thresholds import EXAMPLES, LEAST_REGISTERED, SHARED_VALUE_CAP
from stillwatch.engine import Engine, Query
from stillwatch.records.candidates import Absence, GroupTest
from stillwatch.records.claims import REPEATS_QUESTIONS, SHARED_VALUES, GroupClaim
from stillwatch.records.sentences import shared_value

_WORDS = {value.name: value.words for value in SHARED_VALUES}


@dataclass(frozen=True, slots=True)
class CandidateProfile:
    """What is known of a candidate campaign; shares are in [0, 1], absent ones are None."""

    candidate_id: str
    network_id: str
    accounts: int  # with exchanges of the purpose that no permit covers
    exchanges: int
    permitted: int  # exchanges that a permit covers, of each holder no more than a member without one asks
    unmatched_permits: int  # whose holder is no account seen and no organisation registered
    days: float  # between the first and the last exchange
    watched_days: float  # from its first exchange to the end of the log
    busiest_day_share: float
    tested_at: datetime
    registered: int  # members with a row in the accounts table
    with_payer: int | None  # of them, those of which the logs tell who pays, or that nobody does
    identities: int | None  # customers these claim to be: an organisation or card each, or by itself
    organisations: int | None
    effective_customers: float | None  # how many customers, had each as many of the members (inverse Simpson index)
    organisation_share: float | None  # members that name the commonest one which several share and pay for together
    top_payment_share: float | None
    education_share: float | None
    contract_share: float | None  # members under the contract of one organisation, the largest
    own_domain_share: float | None  # members, no individuals, of one mail domain that is theirs
    subnets: int | None  # different /24 the purpose's exchanges came from
    placed_accounts: int | None  # accounts of which any of these is known
    top_subnet_share: float | None
    family_bits: dict[str, float] = field(default_factory=dict)  # pooled surprise an account, by family
    claim_bits: dict[str, float] = field(default_factory=dict)  # the same by claim
    shared_values: dict[str, tuple[str, ...]] = field(default_factory=dict)  # strongest values in words, by family
    tests: dict[str, GroupTest] = field(default_factory=dict)  # by name of claim

    def test(self, claim: GroupClaim) -> GroupTest | None:
        """The outcome of a claim's test, or None when it has no statistic."""
        found = self.tests.get(claim.name)
        return None if found is None or found.absent else found

    @property
    def has_text(self) -> bool:
        """Can whole texts be compared? A test that always runs says where they cannot."""
        found = self.tests.get(REPEATS_QUESTIONS.name)
        return found is None or found.absent is not Absence.NO_TEXT

    @property
    def has_registration(self) -> bool:
        """Is the registration of enough members in the logs?"""
        return self.accounts > 0 and self.registered >= LEAST_REGISTERED * self.accounts


def candidate_profiles_sql() -> Query:
    """One row a candidate: size, span, registration and addresses of the exchanges that may be accused."""
    return Query(
        "candidate profiles",
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
  coalesce(spans.watched_days, 0.0) AS watched_days,
  coalesce(spans.busiest_day_share, 1.0) AS busiest_day_share,
  coalesce(stated.registered, 0) AS registered,
  stated.with_payer,
  stated.identities,
  stated.organisations,
  stated.effective_customers,
  stated.organisation_share,
  stated.top_payment_share,
  stated.education_share,
  stated.contract_share,
  stated.own_domain_share,
  addresses.subnets,
  addresses.placed_accounts,
  addresses.top_subnet_share
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
    """Pooled surprise of each claim of linking, in bits an account of the network."""
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


def strongest_values_sql() -> Query:
    """The value of each claim that most surprises, with how many accounts of the network and outside hold it."""
    return Query(
        "strongest values",
        """
SELECT
  candidates.candidate_id,
  network_values.family,
  network_values.claim,
  network_values.shown,
  network_values.accounts,
  network_values.outside_accounts,
  networks.accounts AS members
FROM candidate_campaigns AS candidates
JOIN networks USING (network_id)
JOIN network_values USING (network_id)
QUALIFY row_number() OVER (
  PARTITION BY candidates.candidate_id, network_values.claim
  ORDER BY network_values.bits DESC, network_values.value_id
) = 1
ORDER BY candidates.candidate_id, network_values.family, network_values.bits DESC, network_values.claim
""",
    )


def gather(engine: Engine) -> list[CandidateProfile]:
    """The profile of every candidate, in order of id."""
    for name, query in PROFILE_TABLES:
        engine.create(name, query())
    families, claims = _value_bits(engine)
    strongest = _strongest_values(engine)
    tests = _group_tests(engine)
    return [
        CandidateProfile(
            **row,
            family_bits=families.get(row["candidate_id"], {}),
            claim_bits=claims.get(row["candidate_id"], {}),
            shared_values=strongest.get(row["candidate_id"], {}),
            tests=tests.get(row["candidate_id"], {}),
        )
        for row in engine.fetch(candidate_profiles_sql()).to_pylist()
    ]


def _value_bits(engine: Engine) -> tuple[dict[str, dict[str, float]], dict[str, dict[str, float]]]:
    """Bits an account of every candidate, by family and by claim."""
    families: dict[str, dict[str, float]] = {}
    claims: dict[str, dict[str, float]] = {}
    for row in engine.fetch(value_bits_sql()).to_pylist():
        bits = min(row["bits"], SHARED_VALUE_CAP)
        claims.setdefault(row["candidate_id"], {})[row["claim"]] = bits
        by_family = families.setdefault(row["candidate_id"], {})
        # claims of one family overlap: the strongest stands for it
        by_family[row["family"]] = max(by_family.get(row["family"], 0.0), bits)
    return families, claims


def _strongest_values(engine: Engine) -> dict[str, dict[str, tuple[str, ...]]]:
    """Of every candidate and family, the strongest values of at most EXAMPLES claims, in words."""
    result: dict[str, dict[str, tuple[str, ...]]] = {}
    for row in engine.fetch(strongest_values_sql()).to_pylist():
        families = result.setdefault(row["candidate_id"], {})
        named = families.get(row["family"], ())
        if len(named) < EXAMPLES:
            words = " ".join(filter(None, (_WORDS[row["claim"]], row["shown"])))
            value = shared_value(words, row["accounts"], row["members"], row["outside_accounts"])
            families[row["family"]] = (*named, value)
    return result


def _group_tests(engine: Engine) -> dict[str, dict[str, GroupTest]]:
    tests: dict[str, dict[str, GroupTest]] = {}
    for row in engine.fetch(Query("group tests", "SELECT * FROM group_tests ORDER BY candidate_id, test")).to_pylist():
        absent = None if row["absent"] is None else Absence(row["absent"])
        found = GroupTest(row["test"], row["statistic"], row["reference"], row["bits"], absent, row["error"])
        tests.setdefault(row["candidate_id"], {})[found.test] = found
    return tests
