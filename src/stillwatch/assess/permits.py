"""Traffic inside its permit is never an accusation; traffic that outgrows it is."""

from __future__ import annotations

from stillwatch.engine import Query
from stillwatch.records.candidates import CANDIDATE_EXCHANGES, EXCHANGE

_ALL = ", ".join(CANDIDATE_EXCHANGES.names)
_EXCHANGE = ", ".join(EXCHANGE)
_IN_TIME = ", ".join(dict.fromkeys(("started_at", "exchange_id", *EXCHANGE)))
_REQUIRED = frozenset(column.name for column in CANDIDATE_EXCHANGES.columns if column.required)
_SAME = " AND ".join(
    f"candidate.{name} {'=' if name in _REQUIRED else 'IS NOT DISTINCT FROM'} permitted.{name}" for name in EXCHANGE
)


def permitted_exchanges_sql() -> Query:
    """Candidate exchanges that a permit covers: holder, time, model, and within its limit counted in time order.

    One that several permits cover, or that is in several candidates, may be named as often.
    """
    return Query(
        "permitted exchanges",
        f"""
WITH stated AS (
  -- a network's permit is its accounts' alone: whoever takes its id as an account or organisation gets none of it
  SELECT * FROM permits ANTI JOIN permit_accounts USING (permit_id)
),
named AS (
  -- anybody can name an organisation: of one that has accounts under contract, those are its accounts and no others
  SELECT
    organisation_id,
    account_id,
    coalesce(verification, '') = 'contract' AS under_contract,
    max(CASE WHEN verification = 'contract' THEN 1 ELSE 0 END) OVER (PARTITION BY organisation_id) AS contracts
  FROM accounts
),
held AS (
  SELECT stated.*, named.account_id
  FROM stated JOIN named ON stated.holder = named.organisation_id
  WHERE named.under_contract OR named.contracts = 0
  UNION
  SELECT stated.*, stated.holder AS account_id FROM stated
  UNION
  SELECT permits.*, permit_accounts.account_id FROM permits JOIN permit_accounts USING (permit_id)
),
covered AS (
  SELECT {", ".join(f"candidate.{name}" for name in EXCHANGE)}, held.permit_id, held.exchange_limit
  FROM candidate_exchanges AS candidate
  JOIN held ON held.account_id = candidate.account_id
  WHERE (held.valid_from IS NULL OR candidate.started_at >= held.valid_from)
    AND (held.valid_until IS NULL OR candidate.started_at < held.valid_until)
    AND (held.models IS NULL OR array_length(held.models) = 0 OR list_contains(held.models, candidate.request_model))
),
counted AS (
  SELECT
    {_EXCHANGE},
    exchange_limit,
    -- an exchange that is in two candidates uses a limit up once
    dense_rank() OVER (PARTITION BY permit_id ORDER BY {_IN_TIME}) AS turn
  FROM covered
  WHERE exchange_limit IS NOT NULL
)
SELECT {_EXCHANGE} FROM covered WHERE exchange_limit IS NULL
UNION ALL
SELECT {_EXCHANGE} FROM counted WHERE turn <= exchange_limit
""",
    )


def permitted_accounts_sql() -> Query:
    """Accounts of which a permit covers any exchange: what others sent need not be compared with what is permitted."""
    return Query("permitted accounts", "SELECT DISTINCT account_id FROM permitted_exchanges")


def outgrown_exchanges_sql() -> Query:
    """Candidate exchanges of `permitted_accounts` that no permit covers."""
    return Query(
        "outgrown exchanges",
        f"""
SELECT candidate.*
FROM candidate_exchanges AS candidate
SEMI JOIN permitted_accounts AS holders ON holders.account_id = candidate.account_id
-- an id alone is no permit, nor one with its account and time: `EXCHANGE` says why
ANTI JOIN permitted_exchanges AS permitted ON {_SAME}
""",
    )


def accusable_exchanges_sql() -> Query:
    """Candidate exchanges that no permit covers, of accounts that no person has judged innocent."""
    return Query(
        "accusable exchanges",
        f"""
SELECT candidate.*
FROM (
  SELECT {_ALL} FROM candidate_exchanges ANTI JOIN permitted_accounts USING (account_id)
  UNION ALL
  SELECT {_ALL} FROM outgrown_exchanges
) AS candidate
ANTI JOIN (SELECT account_id FROM account_judgements WHERE verdict = 'innocent') AS cleared
  ON candidate.account_id = cleared.account_id
""",
    )


def latest_judgements_sql() -> Query:
    """The latest judgement of each subject; of several at one moment the mildest, so that no order accuses anybody."""
    return Query(
        "latest judgements",
        """
SELECT subject, verdict, decided_by, decided_at, reason
FROM judgements
QUALIFY row_number() OVER (
  PARTITION BY subject
  ORDER BY decided_at DESC, CASE verdict WHEN 'innocent' THEN 0 WHEN 'unsure' THEN 1 ELSE 2 END, decided_by
) = 1
""",
    )
