"""How numbers, dates and words of the contract are put to a person, the same in every rendering."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from stillwatch.report.document import (
    Alternative,
    Campaign,
    Document,
    Evidence,
    Share,
)

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
TARGETS = 3  # capabilities named in a headline
LEAST_TARGET = 0.05  # a smaller share is noise in a headline; the full list stands in the report

LEVEL_MEANINGS = {
    "act": "The evidence suffices to act against these accounts: several independent kinds of it agree, and the "
    "innocents expected among them stay under the limit your settings name. A person still decides.",
    "review": "A person should look before anything is done: the evidence is strong, but an innocent explanation or "
    "the limit on expected innocents stands in the way of acting.",
    "watch": "Worth watching and nothing more: the evidence is too thin to ask anything of anyone.",
}

VERDICT_MEANINGS = {
    "excluded": "tested and contradicted",
    "possible": "not ruled out",
    "preferred": "explains it better",
}


def words(name: str) -> str:
    """A claim, capability or kind as words: `same_payment_issuer` becomes `same payment issuer`."""
    return name.replace("_", " ").strip()


def explanation(name: str) -> str:
    """An innocent explanation as words: `is_batch_job` becomes `batch job`."""
    return words(name.removeprefix("is_"))


def begun(sentence: str) -> str:
    """A sentence with a capital at its start."""
    return sentence[:1].upper() + sentence[1:]


def confidence(amount: float) -> str:
    """Confidence of 0..100 as a whole number; never a claim of certainty."""
    return ">99" if amount >= 99.5 else str(round(amount))


def rate(amount: float) -> str:
    """A false discovery rate in two figures; below a thousandth the rest is not worth reading."""
    return f"{amount:.2g}" if amount >= 0.001 else "<0.001"


def count(number: int, noun: str = "") -> str:
    """A whole number with thousands separated, and its noun in the right number."""
    if not noun:
        return f"{number:,}"
    return f"{number:,} {noun if number == 1 else noun + 's'}"


def short(number: int) -> str:
    """A large number in three figures: 412,880 becomes `413 k`, 1,048,576,000 becomes `1.05 bn`."""
    for size, unit in ((10**12, "tn"), (10**9, "bn"), (10**6, "M"), (10**3, "k")):
        if number >= size:
            scaled = number / size
            places = 2 if scaled < 9.995 else 1 if scaled < 99.95 else 0
            return f"{scaled:.{places}f} {unit}"
    return str(number)


def percent(share: float) -> str:
    """A share of 0..1 in whole percent, never rounding something to nothing or to everything."""
    if 0 < share < 0.005:
        return "<1 %"
    if 0.995 <= share < 1:
        return ">99 %"
    return f"{round(100 * share)} %"


def expected(innocents: float) -> str:
    """An expected number of accounts: two decimals while small, whole when large, never a false zero."""
    if innocents <= 0:
        return "0"
    if innocents < 0.01:
        return "<0.01"
    return f"{innocents:.2f}" if innocents < 10 else f"{innocents:,.0f}"


def bits(amount: float) -> str:
    """Bits with their sign: `+12.4`, `−3.1`, `0.0`; the minus is a true one."""
    shown = f"{abs(amount):,.1f}"
    if shown == "0.0":
        return "0.0"
    return ("+" if amount > 0 else "−") + shown


def day(moment: date, year: bool = False) -> str:
    """`22 Apr` or `22 Apr 2026`; month names do not follow the machine's language."""
    text = f"{moment.day} {MONTHS[moment.month - 1]}"
    return f"{text} {moment.year}" if year else text


def span(first: date, last: date, year: bool = False) -> str:
    """`22 Apr – 5 Jun`; years are written where they differ or are asked for."""
    if first.year != last.year:
        return f"{day(first, True)} – {day(last, True)}"
    same = (first.month, first.day) == (last.month, last.day)
    return day(last, year) if same else f"{day(first)} – {day(last, year)}"


def targets(shares: tuple[Share, ...]) -> str:
    """The largest shares of a campaign: `software engineering 46 %, agentic reasoning 38 %`."""
    named = [share for share in shares if share.share >= LEAST_TARGET][:TARGETS] or list(shares[:1])
    return ", ".join(f"{words(share.capability)} {percent(share.share)}" for share in named)


def headline(campaign: Campaign, year: bool = False) -> tuple[str, ...]:
    """The parts of a campaign's one line, in the order of the public case."""
    parts = (
        count(campaign.accounts, "account"),
        count(campaign.exchanges, "exchange"),
        span(campaign.first_seen.date(), campaign.last_seen.date(), year),
        targets(campaign.targets),
        f"confidence {confidence(campaign.confidence)}",
        f"{expected(campaign.expected_innocent_accounts)} innocents expected",
    )
    return tuple(part for part in parts if part)


def at_level(campaign: Campaign) -> int:
    """Member accounts at the campaign's own level: those among whom the expected innocents are counted."""
    return dict(campaign.levels).get(campaign.level, campaign.accounts)


def judgement(evidence: Sequence[Evidence]) -> Evidence | None:
    """What a person decided about the subject, when one did."""
    return next((fact for fact in evidence if fact.claim.startswith("judged_")), None)


def preferred(alternatives: Sequence[Alternative]) -> Alternative | None:
    """The innocent explanation that fared best: one that explains it better, else one that is not ruled out."""
    ranked = [one for verdict in ("preferred", "possible") for one in alternatives if one.verdict == verdict]
    return ranked[0] if ranked else None


def rows_read(document: Document) -> int:
    """Exchanges used, from raw logs or received sketches."""
    return sum(source.rows_used for source in document.sources if source.feeds in EXCHANGE_FEEDS)


EXCHANGE_FEEDS = ("exchanges", "received_sketches", "exchange_sketches")


def summary_sentence(document: Document) -> str:
    """What the run found, in two sentences a person can repeat aloud."""
    read = f"{count(rows_read(document), 'exchange')} were read. "
    found = document.campaigns_total
    if not found:
        return read + "No campaign was found. " + _networks_sentence(document)
    by_level = ", ".join(f"{number} at {level}" for level, number in document.campaign_levels)
    verb = "was" if found == 1 else "were"
    accounts = count(document.campaign_accounts, "account")
    told = f"{count(found, 'campaign')} {verb} found ({by_level}), with {accounts}. "
    return read + told + _networks_sentence(document)


def _networks_sentence(document: Document) -> str:
    if not document.networks_total:
        return "No other network of accounts was found."
    number = count(document.networks_total, "network")
    verb = "was" if document.networks_total == 1 else "were"
    return f"{number} without a campaign {verb} found: run through one hand, and that alone is no accusation."
