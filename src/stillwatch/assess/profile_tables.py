"""Candidates described in SQL: their span, permits, registration and addresses, one small table each."""

from __future__ import annotations

from collections.abc import Callable

from stillwatch.engine import Query


def days_sql() -> Query:
    """Accusable exchanges of each member by day and subnet, of which the other tables are made."""
    return Query(
        "accusable days",
        """
SELECT
  candidate_id,
  account_id,
  address_subnet_value,
  CAST(started_at AS DATE) AS day,
  count(*) AS exchanges,
  min(started_at) AS first_seen,
  max(started_at) AS last_seen
FROM accusable_exchanges
GROUP BY ALL
""",
    )


def permitted_members_sql() -> Query:
    """How many exchanges of each member a permit covers, of those with any."""
    return Query(
        "permitted members",
        """
SELECT candidate_id, account_id, count(*) AS permitted
FROM candidate_exchanges SEMI JOIN permitted_exchanges USING (exchange_id)
GROUP BY ALL
""",
    )


def spans_sql() -> Query:
    """How many, how long, and how much of it on the busiest day."""
    return Query(
        "candidate spans",
        """
WITH days AS (
  SELECT candidate_id, day, CAST(sum(exchanges) AS BIGINT) AS exchanges
  FROM accusable_days GROUP BY candidate_id, day
),
busiest AS (
  SELECT candidate_id, max(exchanges) AS exchanges FROM days GROUP BY candidate_id
)
SELECT
  taken.candidate_id,
  count(DISTINCT account_id) AS accounts,
  CAST(sum(taken.exchanges) AS BIGINT) AS exchanges,
  epoch(max(last_seen) - min(first_seen)) / 86400.0 AS days,
  max(busiest.exchanges) / CAST(sum(taken.exchanges) AS BIGINT) AS busiest_day_share
FROM accusable_days AS taken
JOIN busiest USING (candidate_id)
GROUP BY taken.candidate_id
""",
    )


def permitted_sql() -> Query:
    """How many of a candidate's exchanges a permit covers."""
    return Query(
        "candidate permits",
        """
SELECT candidate_id, CAST(sum(permitted) AS BIGINT) AS permitted FROM permitted_members GROUP BY candidate_id
""",
    )


def registration_sql() -> Query:
    """Who the members say they are: customers claimed, organisations named, and the share of the commonest card."""
    return Query(
        "candidate registration",
        """
WITH members AS (
  SELECT DISTINCT candidate_id, account_id FROM accusable_days
),
stated AS (
  SELECT candidate_id, accounts.* FROM members JOIN accounts USING (account_id)
),
cards AS (
  SELECT candidate_id, payment_fingerprint, count(*) AS holders FROM stated
  WHERE payment_fingerprint IS NOT NULL GROUP BY ALL
),
commonest AS (
  SELECT candidate_id, max(holders) AS holders FROM cards GROUP BY candidate_id
)
SELECT
  stated.candidate_id,
  count(*) AS registered,
  count(DISTINCT coalesce(organisation_id, account_id)) AS identities,
  count(DISTINCT organisation_id) AS organisations,
  count(organisation_id) / count(*) AS organisation_share,
  max(commonest.holders) / count(*) AS top_payment_share,
  count(*) FILTER (WHERE account_type = 'education') / greatest(1, count(account_type)) AS education_share,
  count(*) FILTER (WHERE verification = 'contract') / greatest(1, count(verification)) AS contract_share,
  count(closed_at) AS closures
FROM stated
LEFT JOIN commonest USING (candidate_id)
GROUP BY stated.candidate_id
""",
    )


def addresses_sql() -> Query:
    """From how many subnets the purpose's exchanges came, and how many of them from the commonest."""
    return Query(
        "candidate addresses",
        """
SELECT candidate_id, count(*) AS subnets, max(exchanges) / sum(exchanges) AS top_subnet_share
FROM (
  SELECT candidate_id, address_subnet_value, CAST(sum(exchanges) AS BIGINT) AS exchanges
  FROM accusable_days
  WHERE address_subnet_value IS NOT NULL GROUP BY candidate_id, address_subnet_value
)
GROUP BY candidate_id
""",
    )


PROFILE_TABLES: tuple[tuple[str, Callable[[], Query]], ...] = (
    ("accusable_days", days_sql),
    ("permitted_members", permitted_members_sql),
    ("candidate_spans", spans_sql),
    ("candidate_permitted", permitted_sql),
    ("candidate_registration", registration_sql),
    ("candidate_addresses", addresses_sql),
)
