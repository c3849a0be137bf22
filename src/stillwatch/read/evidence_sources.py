"""The evidence sources: each names the evidence it shows and the columns it needs, and may be available or not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

from stillwatch.read.usable_addresses import MOST_UNUSABLE, AddressCount
from stillwatch.records import Table
from stillwatch.records.inputs import ACCOUNTS, EXCHANGES
from stillwatch.records.sketches import EXCHANGE_SKETCHES


@dataclass(frozen=True, slots=True)
class EvidenceSource:
    """An evidence source: the evidence that it shows, and the columns of which it needs at least one."""

    name: str
    shows: str
    needs: tuple[str, ...]
    table: Table = EXCHANGES
    sketched: tuple[str, ...] = ()  # the columns of a sketch that replace `needs`


EVIDENCE_SOURCES = (
    EvidenceSource(
        "shared_address", "accounts behind the same addresses", ("client_address",), sketched=("address_value",)
    ),
    EvidenceSource(
        "shared_client",
        "accounts driven by the same program",
        ("client_fingerprint", "user_agent"),
        sketched=("fingerprint_value", "user_agent_value"),
    ),
    EvidenceSource(
        "shared_device",
        "accounts that claim the same device or session",
        ("device_id", "session_id"),
        sketched=("device_value", "session_value"),
    ),
    EvidenceSource(
        "shared_instructions",
        "accounts that send the same system instructions",
        ("system_instructions",),
        sketched=("instructions_value",),
    ),
    EvidenceSource(
        "shared_content",
        "accounts that send the same or nearly the same prompts",
        ("input_text",),
        sketched=("payload_value",),
    ),
    EvidenceSource(
        "handovers",
        "requests that one account takes over from another",
        ("input_text",),
        sketched=("payload_value",),
    ),
    EvidenceSource(
        "memory",
        "accounts in which no subject recurs, as subjects do in an account of one person",
        ("input_text",),
        sketched=("content_features",),
    ),
    EvidenceSource("purpose", "what prompts are about and how they ask", ("input_text",), sketched=("subject",)),
    EvidenceSource(
        "conversations",
        "conversations that move from one account to another",
        ("conversation_id",),
        sketched=("conversation_value",),
    ),
    EvidenceSource("tools", "accounts that offer the same tools", ("tool_names",), sketched=("tools_value",)),
    EvidenceSource(
        "parameters",
        "accounts that sample with the same parameters",
        ("temperature", "top_p", "max_tokens"),
        sketched=("parameters_value",),
    ),
    EvidenceSource(
        "model_pivot", "accounts that move to a new model together", ("request_model",), sketched=("request_model",)
    ),
    EvidenceSource(
        "tokens",
        "the number of tokens that a campaign extracted",
        ("input_tokens", "output_tokens"),
        sketched=("input_tokens", "output_tokens"),
    ),
    EvidenceSource(
        "limits", "accounts that take turns when one is limited", ("status_code",), sketched=("status_code",)
    ),
    EvidenceSource(
        "registration",
        "accounts signed up alike",
        (
            "created_at",
            "email_domain",
            "email_shape",
            "signup_address",
            "signup_fingerprint",
            "referrer",
            "phone_prefix",
        ),
        table=ACCOUNTS,
    ),
    EvidenceSource(
        "payment",
        "accounts paid for alike",
        ("payment_fingerprint", "payment_issuer", "payment_country"),
        table=ACCOUNTS,
    ),
    EvidenceSource("lifecycle", "accounts that replace closed ones", ("closed_at",), table=ACCOUNTS),
    EvidenceSource(
        "standing",
        "verified organisations, which are known customers",
        ("verification", "organisation_id", "account_type"),
        table=ACCOUNTS,
    ),
)


def evidence_source_rows(
    filled: Mapping[str, Set[str]], given: Set[str], addresses: Sequence[AddressCount] = ()
) -> list[dict[str, object]]:
    """Returns one row for each evidence source, with the columns of the table `evidence_sources`.

    `filled` names, for each table, the columns in which some row has a value; `given` names the tables for which files
    were given; `addresses` counts those that are usable, of each column that has any.
    """
    rows = [_row(source, filled, given, addresses) for source in EVIDENCE_SOURCES]
    return [*rows, *(_usable(one) for one in addresses if one.unusable and one.is_read)]


def _usable(count: AddressCount) -> dict[str, object]:
    enough = count.unusable <= MOST_UNUSABLE * count.given
    shows = "shows where accounts are" if enough else "would show where accounts are in all that they do"
    return {"name": f"usable_{count.column}", "available": enough, "sentence": f"{shows}; {count.sentence}"}


def _row(
    source: EvidenceSource, filled: Mapping[str, Set[str]], given: Set[str], addresses: Sequence[AddressCount]
) -> dict[str, object]:
    name = source.table.name
    unread = {one.column: one for one in addresses if not one.is_read}
    have = [column for column in source.needs if column in filled.get(name, ()) and column not in unread]
    lost = [unread[column].sentence for column in source.needs if column in unread]
    sketches = [column for column in source.sketched if column in filled.get(EXCHANGE_SKETCHES.name, ())]
    if have or sketches:
        origin = f"from {_listed(have)}" if have else "from sketches"
        sentence = f"shows {source.shows} ({origin})"
    elif lost:
        sentence = f"would show {source.shows}; {'; '.join(lost)}"
    elif name == ACCOUNTS.name and name not in given:
        sentence = f"would show {source.shows}; no accounts were given: name them with `--accounts`"
    elif name not in given and EXCHANGE_SKETCHES.name in given:
        sentence = f"would show {source.shows}; the sketches given were made from logs without {_listed(source.needs)}"
    else:
        sentence = f"would show {source.shows}; needs {_listed(source.needs)}, which no row of `{name}` has"
    return {"name": source.name, "available": bool(have or sketches), "sentence": sentence}


def _listed(columns: tuple[str, ...] | list[str]) -> str:
    names = [f"`{column}`" for column in columns]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
