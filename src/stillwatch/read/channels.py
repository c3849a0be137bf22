"""The channels of evidence, what each needs, and whether these inputs have it."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass

from stillwatch.records import Table
from stillwatch.records.inputs import ACCOUNTS, EXCHANGES
from stillwatch.records.sketches import EXCHANGE_SKETCHES


@dataclass(frozen=True, slots=True)
class Channel:
    """One kind of evidence: what it shows, and the columns of which it needs at least one (or all)."""

    name: str
    shows: str
    needs: tuple[str, ...]
    every: bool = False
    table: Table = EXCHANGES
    sketched: tuple[str, ...] = ()  # the columns of a sketch that stand for `needs`


CHANNELS = (
    Channel("shared_address", "accounts behind the same addresses", ("client_address",), sketched=("address_value",)),
    Channel(
        "shared_client",
        "accounts driven by the same program",
        ("client_fingerprint", "user_agent"),
        sketched=("fingerprint_value", "user_agent_value"),
    ),
    Channel(
        "shared_device",
        "accounts that claim the same device or session",
        ("device_id", "session_id"),
        sketched=("device_value", "session_value"),
    ),
    Channel(
        "shared_instructions",
        "accounts that send the same system instructions",
        ("system_instructions",),
        sketched=("instructions_value",),
    ),
    Channel(
        "shared_content",
        "accounts that send the same or nearly the same prompts",
        ("input_text",),
        sketched=("payload_value",),
    ),
    Channel(
        "handovers",
        "requests that one account takes over from another",
        ("input_text",),
        sketched=("payload_value",),
    ),
    Channel(
        "memory",
        "accounts that no one person uses, since nothing comes back in them",
        ("input_text",),
        sketched=("content_features",),
    ),
    Channel("purpose", "what the prompts are after", ("input_text",), sketched=("capability",)),
    Channel(
        "conversations",
        "conversations that move from one account to another",
        ("conversation_id",),
        sketched=("conversation_value",),
    ),
    Channel("tools", "accounts that offer the same tools", ("tool_names",), sketched=("tools_value",)),
    Channel(
        "parameters",
        "accounts that sample with the same parameters",
        ("temperature", "top_p", "max_tokens"),
        sketched=("parameters_value",),
    ),
    Channel(
        "model_pivot", "accounts that move to a new model together", ("request_model",), sketched=("request_model",)
    ),
    Channel(
        "tokens",
        "how much was taken, in tokens",
        ("input_tokens", "output_tokens"),
        sketched=("input_tokens", "output_tokens"),
    ),
    Channel("limits", "accounts that take turns when one is limited", ("status_code",), sketched=("status_code",)),
    Channel(
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
    Channel(
        "payment",
        "accounts paid for alike",
        ("payment_fingerprint", "payment_issuer", "payment_country"),
        table=ACCOUNTS,
    ),
    Channel("lifecycle", "accounts that replace closed ones", ("closed_at",), table=ACCOUNTS),
    Channel(
        "standing",
        "verified organisations, which are known customers",
        ("verification", "organisation_id", "account_type"),
        table=ACCOUNTS,
    ),
)


def channel_rows(filled: Mapping[str, Set[str]], given: Set[str]) -> list[dict[str, object]]:
    """Rows of `records.inputs.CHANNELS`, from the filled columns of each table and the names of tables given."""
    return [_row(channel, filled, given) for channel in sorted(CHANNELS, key=lambda channel: channel.name)]


def _row(channel: Channel, filled: Mapping[str, Set[str]], given: Set[str]) -> dict[str, object]:
    name = channel.table.name
    have = [column for column in channel.needs if column in filled.get(name, ())]
    sketches = [column for column in channel.sketched if column in filled.get(EXCHANGE_SKETCHES.name, ())]
    if have or sketches:
        source = f"from {_listed(have)}" if have else "from sketches"
        sentence = f"shows {channel.shows} ({source})"
    elif name == ACCOUNTS.name and name not in given:
        sentence = f"would show {channel.shows}; no accounts were given: name them with `--accounts`"
    elif name not in given and EXCHANGE_SKETCHES.name in given:
        sentence = (
            f"would show {channel.shows}; the sketches given were made from logs without {_listed(channel.needs)}"
        )
    else:
        sentence = f"would show {channel.shows}; needs {_listed(channel.needs)}, which no row of `{name}` has"
    return {"channel": channel.name, "available": bool(have or sketches), "sentence": sentence}


def _listed(columns: tuple[str, ...] | list[str]) -> str:
    names = [f"`{column}`" for column in columns]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
