"""The SQL of the benchmark's further counts of a run, beyond the scores of one world."""

from __future__ import annotations

from stillwatch.engine import Query
from stillwatch_lab.scores.tables import LEVELS_SQL, MILLIONTHS


def expected_sql() -> Query:
    """One row a found campaign: its members of its own level, the innocents among them, and the innocents expected.

    `doubt` is the sum over those members of 1 - (their probability if the campaign is right), in millionths. The
    probability that the campaign is right is its confidence.
    """
    return Query(
        "innocents expected and true",
        f"""
WITH own AS (
  SELECT members.*, campaigns.confidence / 100 AS right_prob, campaigns.expected_innocent_accounts AS expected
  FROM campaign_members AS members JOIN campaigns USING (campaign_id, level)
)
SELECT campaign_id, level, right_prob, expected, count(*) AS members,
  count(*) FILTER (WHERE truth.account_id IS NULL) AS innocent,
  sum(round((1 - least(1, probability / greatest(right_prob, 1e-9))) * {MILLIONTHS})::BIGINT)::BIGINT AS doubt
FROM own LEFT JOIN (SELECT DISTINCT account_id FROM pairs) AS truth USING (account_id)
GROUP BY ALL ORDER BY campaign_id
""",
    )


def separation_sql() -> Query:
    """Of the accounts of each true campaign: the exchanges listed, those listed rightly, and all of the campaign's."""
    return Query(
        "exchanges inside the campaign's accounts",
        """
WITH listed AS (SELECT DISTINCT exchange_id, account_id FROM campaign_exchanges),
there AS (SELECT campaign_id, count(*) AS exchanges FROM timed GROUP BY campaign_id),
inside AS (
  SELECT pairs.campaign_id, count(*) AS listed, count(truth.exchange_id) AS hits
  FROM listed JOIN pairs USING (account_id)
  LEFT JOIN timed AS truth ON truth.exchange_id = listed.exchange_id AND truth.campaign_id = pairs.campaign_id
  GROUP BY pairs.campaign_id
)
SELECT campaign_id, exchanges, coalesce(listed, 0) AS listed, coalesce(hits, 0) AS hits
FROM there LEFT JOIN inside USING (campaign_id) ORDER BY campaign_id
""",
    )


def covered_sql(bins: int) -> Query:
    """Exchanges by campaign and equal part of its time order, and how many came from accounts already at `act`."""
    return Query(
        "exchanges after their account reached act",
        f"""
WITH ordered AS (
  SELECT campaign_id, started_at, act_at,
    ntile({bins}) OVER (PARTITION BY campaign_id ORDER BY started_at, exchange_id) AS part
  FROM timed LEFT JOIN found_accounts USING (account_id)
)
SELECT campaign_id, part, count(*) AS exchanges, count(*) FILTER (WHERE act_at <= started_at) AS covered
FROM ordered GROUP BY ALL ORDER BY ALL
""",
    )


def onset_sql() -> Query:
    """Each true campaign's first and last exchange, and the time at which half of its accounts had reached `act`."""
    return Query(
        "when half of the accounts stood at act",
        """
WITH reached AS (
  SELECT pairs.campaign_id, count(*) AS accounts, list_sort(list(act_at) FILTER (WHERE act_at IS NOT NULL)) AS times
  FROM pairs LEFT JOIN found_accounts USING (account_id) GROUP BY pairs.campaign_id
)
SELECT campaign_id, first_seen, last_seen, times[((reached.accounts + 1) // 2)::INTEGER] AS half_at
FROM true_campaigns JOIN reached USING (campaign_id) ORDER BY campaign_id
""",
    )


def linked_sql() -> Query:
    """One row a kind: its accounts, those in any network, and those in the network with most of their group.

    The last is NULL for kinds without groups.
    """
    return Query(
        "accounts in networks",
        """
WITH held AS (
  SELECT network_id, group_id, count(DISTINCT account_id) AS members
  FROM network_members JOIN true_accounts USING (account_id) WHERE group_id IS NOT NULL GROUP BY ALL
), best AS (SELECT group_id, max(members) AS members FROM held GROUP BY group_id),
sizes AS (SELECT kind, group_id, count(*) AS accounts FROM true_accounts WHERE group_id IS NOT NULL GROUP BY ALL),
together AS (
  SELECT kind, sum(coalesce(best.members, 0))::BIGINT AS together
  FROM sizes LEFT JOIN best USING (group_id) GROUP BY kind
)
SELECT kind, count(*) AS accounts, count(members.account_id) AS linked, any_value(together) AS together
FROM true_accounts
LEFT JOIN (SELECT DISTINCT account_id FROM network_members) AS members USING (account_id)
LEFT JOIN together USING (kind)
GROUP BY kind ORDER BY kind
""",
    )


def claimed_sql() -> Query:
    """One row a found campaign, with the kind of most of its members."""
    rank = LEVELS_SQL.replace("level", "campaigns.level")
    return Query(
        "found campaigns by kind",
        f"""
SELECT campaign_id, any_value(campaigns.level) AS level, any_value({rank}) AS rank,
  mode(truth.kind ORDER BY truth.kind) AS kind, count(*) AS members
FROM campaigns JOIN campaign_members AS members USING (campaign_id) JOIN true_accounts AS truth USING (account_id)
GROUP BY campaign_id ORDER BY campaign_id
""",
    )


def glued_sql() -> Query:
    """Kinds, true groups and accounts in each found campaign that holds more than one true group."""
    return Query(
        "campaigns made of several groups",
        """
WITH held AS (
  SELECT members.campaign_id, campaigns.level, truth.kind, coalesce(truth.group_id, account_id) AS one
  FROM campaign_members AS members
  JOIN campaigns USING (campaign_id)
  JOIN true_accounts AS truth USING (account_id)
)
SELECT campaign_id, level, kind, count(DISTINCT one) AS groups, count(*) AS accounts
FROM held
SEMI JOIN (
  SELECT campaign_id FROM held GROUP BY campaign_id HAVING count(DISTINCT one) > 1
) AS several USING (campaign_id)
GROUP BY campaign_id, level, kind ORDER BY campaign_id, kind
""",
    )


def labelled_sql() -> Query:
    """One row an account: its true campaign or NULL, and its strongest level (0 act, 1 review, 2 watch, 3 none)."""
    return Query(
        "accounts and levels",
        """
SELECT account_id, min(pairs.campaign_id) AS campaign_id, coalesce(any_value(found.level), 3) AS level
FROM (SELECT account_id FROM true_accounts UNION SELECT account_id FROM found_accounts)
LEFT JOIN pairs USING (account_id) LEFT JOIN found_accounts AS found USING (account_id)
GROUP BY account_id ORDER BY account_id
""",
    )
