"""Candidates described in SQL: their span, permits, registration and addresses, one small table each."""

from __future__ import annotations

from collections.abc import Callable

from stillwatch.assess.thresholds import LEAST_LOGGED, LEAST_NAMED, MAJORITY
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
WITH every AS (
  SELECT candidate_id, account_id, count(*) AS exchanges
  FROM candidate_exchanges SEMI JOIN permitted_accounts USING (account_id)
  GROUP BY candidate_id, account_id
),
outgrown AS (
  SELECT candidate_id, account_id, count(*) AS exchanges FROM outgrown_exchanges GROUP BY candidate_id, account_id
)
SELECT every.candidate_id, every.account_id, every.exchanges - coalesce(outgrown.exchanges, 0) AS permitted
FROM every
LEFT JOIN outgrown ON outgrown.candidate_id = every.candidate_id AND outgrown.account_id = every.account_id
WHERE every.exchanges > coalesce(outgrown.exchanges, 0)
""",
    )


def spans_sql() -> Query:
    """How many, how long, how long the log has gone on since they began, and how much is of the busiest day."""
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
  epoch(max(log_end.at) - min(first_seen)) / 86400.0 AS watched_days,
  max(busiest.exchanges) / CAST(sum(taken.exchanges) AS BIGINT) AS busiest_day_share
FROM accusable_days AS taken
JOIN busiest USING (candidate_id)
CROSS JOIN (SELECT max(last_seen) AS at FROM account_sketches) AS log_end
GROUP BY taken.candidate_id
""",
    )


def permitted_sql() -> Query:
    """How many of a candidate's exchanges a permit covers, of each holder no more than a member without one asks.

    A permit covers its holder only: however much one member carries, it explains nothing of what the others do.
    """
    return Query(
        "candidate permits",
        """
WITH others AS (
  SELECT
    candidate_id,
    -- rounded up
    (CAST(sum(exchanges) AS BIGINT) + count(DISTINCT account_id) - 1) // count(DISTINCT account_id) AS each
  FROM accusable_days ANTI JOIN permitted_members USING (candidate_id, account_id)
  GROUP BY candidate_id
)
SELECT candidate_id, CAST(sum(CASE WHEN each < permitted THEN each ELSE permitted END) AS BIGINT) AS permitted
FROM permitted_members LEFT JOIN others USING (candidate_id)
GROUP BY candidate_id
""",
    )


# Members with what they say of themselves, and with how many of the others each shares it.
_NAMED = """\
WITH members AS (
  SELECT DISTINCT candidate_id, account_id FROM accusable_days
),
domains AS (
  SELECT email_domain, count(*) AS holders FROM accounts WHERE email_domain IS NOT NULL GROUP BY email_domain
),
named AS (
  SELECT
    candidate_id,
    accounts.*,
    -- numbers of members, so that nothing that an account states can look like another's; accounts of which the log
    -- has no card or no domain count as together, so that a column that is missing accuses nobody
    count(*) OVER (PARTITION BY candidate_id, payment_fingerprint) AS with_card,
    count(*) OVER (PARTITION BY candidate_id, email_domain) AS with_domain,
    count(CASE WHEN coalesce(account_type, '') <> 'individual' THEN 1 END)
      OVER (PARTITION BY candidate_id, email_domain) AS firms_with_domain,
    count(*) OVER (
      PARTITION BY candidate_id, organisation_id, coalesce(verification, '') = 'contract', CASE
        WHEN coalesce(verification, '') = 'contract' THEN NULL
        ELSE coalesce(payment_fingerprint, email_domain)
      END
    ) AS together,
    domains.holders
  FROM members JOIN accounts USING (account_id) LEFT JOIN domains USING (email_domain)
),
"""


# The same with whether they name an organisation, how many accounts their customer has, and what the log has of it.
_COUNTED = f"""\
{_NAMED}stated AS (
  SELECT
    *,
    organisation_id IS NOT NULL AND together >= {LEAST_NAMED} AS is_named,
    account_type = 'education'
      AND (payment_fingerprint IS NULL OR with_card >= {LEAST_NAMED})
      AND with_domain >= {LEAST_NAMED} AS is_education
  FROM named
),
logged AS (
  SELECT count(payment_fingerprint) AS cards, count(organisation_id) AS organisations FROM accounts
),
counted AS (
  SELECT
    stated.*,
    logged.cards > 0 AS has_cards,
    logged.organisations > 0 AS has_organisations,
    -- where the log names no organisations, an account without a card may be the one of an organisation that pays
    logged.cards > 0 AND (logged.organisations > 0 OR payment_fingerprint IS NOT NULL) AS has_payer,
    CASE
      WHEN is_named THEN count(*) OVER (PARTITION BY candidate_id, organisation_id, is_named)
      WHEN payment_fingerprint IS NOT NULL
        THEN count(*) OVER (PARTITION BY candidate_id, payment_fingerprint, is_named)
      ELSE 1
    END AS of_customer
  FROM stated CROSS JOIN logged
)
"""


def registration_sql() -> Query:
    """Who the members say they are: customers claimed, and the shares of the largest organisation, contract and card.

    Anybody can name an organisation or a school. So an organisation counts for those of its accounts, LEAST_NAMED or
    more, that one card or a contract pays for, or that pay nothing and have one mail domain; other accounts are one
    customer's where one card pays for them, and else each its own. An account for education counts where it pays with
    no card of its own and others have its mail domain. A mail domain that mostly
    members have is their own, where they do not call themselves individuals.

    A column that no account fills is not in the logs, and nothing is said of it: an account without a card may have a
    card that the provider did not hand in. The same holds of words for every account, where too few members have one.
    """
    return Query(
        "candidate registration",
        f"""
{_COUNTED}SELECT
  candidate_id,
  count(*) AS registered,
  count(*) FILTER (WHERE has_payer) AS with_payer,
  CASE WHEN count(*) FILTER (WHERE has_payer) >= {LEAST_LOGGED} * count(*) THEN
    count(DISTINCT CASE WHEN is_named AND has_payer THEN organisation_id END)
      + count(DISTINCT CASE WHEN NOT is_named THEN payment_fingerprint END)
      + count(*) FILTER (WHERE has_payer AND NOT is_named AND payment_fingerprint IS NULL)
  END AS identities,
  CASE WHEN has_organisations THEN count(DISTINCT CASE WHEN is_named THEN organisation_id END) END AS organisations,
  -- inverse Simpson index over the customers' accounts (Hill, Ecology 54, 1973)
  CASE WHEN count(*) FILTER (WHERE has_payer) >= {LEAST_LOGGED} * count(*) THEN
    count(*) FILTER (WHERE has_payer) * count(*) FILTER (WHERE has_payer)
      / sum(CASE WHEN has_payer THEN of_customer ELSE 0 END)
  END AS effective_customers,
  CASE WHEN has_organisations THEN max(CASE WHEN is_named THEN of_customer ELSE 0 END) / count(*) END
    AS organisation_share,
  CASE WHEN has_cards THEN max(CASE WHEN payment_fingerprint IS NOT NULL THEN with_card ELSE 0 END) / count(*) END
    AS top_payment_share,
  CASE WHEN count(account_type) >= {LEAST_LOGGED} * count(*) THEN
    count(*) FILTER (WHERE is_education) / count(account_type)
  END AS education_share,
  CASE WHEN count(verification) >= {LEAST_LOGGED} * count(*) THEN
    max(CASE WHEN verification = 'contract' THEN together ELSE 0 END) / count(verification)
  END AS contract_share,
  max(CASE WHEN with_domain >= {MAJORITY} * holders THEN firms_with_domain ELSE 0 END) / count(*) AS own_domain_share
FROM counted
GROUP BY candidate_id, has_cards, has_organisations
""",
    )


def addresses_sql() -> Query:
    """From how many subnets the purpose's exchanges came, of how many accounts, and how many from the commonest.

    Only what came from a known place counts, and of the accounts only those of which one is known.
    """
    return Query(
        "candidate addresses",
        """
WITH placed AS (
  SELECT candidate_id, count(DISTINCT account_id) AS placed_accounts
  FROM accusable_days WHERE address_subnet_value IS NOT NULL GROUP BY candidate_id
)
SELECT candidate_id, count(*) AS subnets, max(placed_accounts) AS placed_accounts,
  max(exchanges) / sum(exchanges) AS top_subnet_share
FROM (
  SELECT candidate_id, address_subnet_value, CAST(sum(exchanges) AS BIGINT) AS exchanges
  FROM accusable_days
  WHERE address_subnet_value IS NOT NULL GROUP BY candidate_id, address_subnet_value
) AS ranges
JOIN placed USING (candidate_id)
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
