"""What each campaign took, by capability and model, before and after its accounts were detected."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa

from stillwatch.engine import Engine, Query
from stillwatch.records.naming import FORMS, SUBJECTS, UNCLEAR, capability_of
from stillwatch.records.outputs import CAMPAIGN_TEXTS, CAMPAIGN_USAGE

_AMOUNTS = ("exchanges", "conversations", "tasks", "input_tokens", "output_tokens")
_KEY = "campaign, subject, form, request_model, detected"
_OPENING = f"{_KEY}, payload_value, started_at, member, exchange_id"


def write(engine: Engine) -> None:
    """Writes both tables from the accused exchanges and the members' times of detection."""
    taken = _summed(engine.fetch(usage_sql()).to_pylist())
    engine.store(CAMPAIGN_USAGE, pa.Table.from_pylist(taken, schema=CAMPAIGN_USAGE.schema))
    asked = _frequencies(engine.fetch(texts_sql()).to_pylist())
    engine.store(CAMPAIGN_TEXTS, pa.Table.from_pylist(asked, schema=CAMPAIGN_TEXTS.schema))


def usage_sql() -> Query:
    """Amounts by campaign, subject, form, model and whether the account was detected, in rows that add up.

    A conversation counts where it begins. A task is a conversation, or an exchange outside any, and counts once however
    often it begins with the same text.
    """
    first = "ORDER BY started_at, member, exchange_id"
    return Query(
        "campaign usage",
        f"""
WITH members AS (
  -- numbers in the order of ids: millions of exchanges are sorted by them faster than by texts
  SELECT
    campaign_id, account_id, detected_at,
    dense_rank() OVER (ORDER BY campaign_id) AS campaign,
    row_number() OVER (ORDER BY campaign_id, account_id) AS member
  FROM campaign_members
),
taken AS (
  SELECT
    members.campaign, found.subject, found.form, found.request_model,
    found.started_at >= members.detected_at AS detected,
    found.conversation_value, found.payload_value, found.input_tokens, found.output_tokens,
    found.started_at, members.member, found.exchange_id
  FROM accusable_exchanges AS found
  JOIN members ON members.campaign_id = found.candidate_id AND members.account_id = found.account_id
),
opening AS (
  SELECT {_OPENING}, 1 AS conversations
  FROM (
    SELECT {_OPENING}, row_number() OVER (PARTITION BY campaign, conversation_value {first}) AS turn
    FROM taken WHERE conversation_value IS NOT NULL
  ) AS in_turn
  WHERE turn = 1
  UNION ALL
  SELECT {_OPENING}, 0 AS conversations FROM taken WHERE conversation_value IS NULL
),
counted AS (
  SELECT
    {_KEY}, count(*) AS exchanges, 0 AS conversations, 0 AS tasks,
    CAST(sum(input_tokens) AS BIGINT) AS input_tokens, CAST(sum(output_tokens) AS BIGINT) AS output_tokens
  FROM taken GROUP BY {_KEY}
  UNION ALL
  SELECT {_KEY}, 0, CAST(sum(conversations) AS BIGINT), 0, 0, 0 FROM opening GROUP BY {_KEY}
  UNION ALL
  SELECT {_KEY}, 0, 0, count(*), 0, 0
  FROM (
    SELECT {_KEY}, row_number() OVER (PARTITION BY campaign, payload_value {first}) AS nth
    FROM opening WHERE payload_value IS NOT NULL
  ) AS numbered
  WHERE nth = 1
  GROUP BY {_KEY}
)
SELECT named.campaign_id, counted.*
FROM counted JOIN (SELECT DISTINCT campaign, campaign_id FROM members) AS named ON named.campaign = counted.campaign
ORDER BY ALL
""",
    )


def texts_sql() -> Query:
    """How many texts each campaign asked `times` times, by subject and form."""
    return Query(
        "campaign texts",
        """
SELECT campaign_id, subject, form, times, count(*) AS texts
FROM (
  SELECT candidate_id AS campaign_id, subject, form, payload_value, count(*) AS times
  FROM accused_exchanges
  WHERE payload_value IS NOT NULL
  GROUP BY candidate_id, subject, form, payload_value
) AS asked
GROUP BY ALL
ORDER BY ALL
""",
    )


def _capability(row: Mapping[str, Any]) -> str:
    names = []
    for words, code in ((SUBJECTS, row["subject"]), (FORMS, row["form"])):
        names.append(words[code] if code is not None and 0 <= code < len(words) else UNCLEAR)
    return capability_of(names[0], names[1])


def _summed(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows of CAMPAIGN_USAGE; of a campaign without any conversation or text their numbers are null."""
    sums: dict[tuple[str, str, str | None, bool], Counter[str]] = defaultdict(Counter)
    known: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        mine = sums[row["campaign_id"], _capability(row), row["request_model"], row["detected"]]
        for name in _AMOUNTS:
            if row[name]:
                mine[name] += row[name]
                known[row["campaign_id"]].add(name)
    return [
        {"campaign_id": campaign, "capability": capability, "request_model": model, "detected": detected}
        | {name: mine[name] if name in known[campaign] else None for name in _AMOUNTS}
        for (campaign, capability, model, detected), mine in sums.items()
    ]


def _frequencies(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows of CAMPAIGN_TEXTS."""
    sums: Counter[tuple[str, str, int]] = Counter()
    for row in rows:
        sums[row["campaign_id"], _capability(row), row["times"]] += row["texts"]
    return [
        {"campaign_id": campaign, "capability": capability, "times": times, "texts": texts}
        for (campaign, capability, times), texts in sums.items()
    ]
