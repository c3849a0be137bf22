"""How names, numbers and dates are written for a reader, the same in every rendering."""

from __future__ import annotations

from datetime import date

from stillwatch.records.claims import EXPLANATIONS, FAMILIES, SHARED_VALUES
from stillwatch.report.document import Campaign, NamedShare, Network, Share

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
TARGETS = 3  # capabilities named in a headline
LEAST_TARGET = 0.05  # a smaller share of the exchanges is not named in a headline; the report lists all
LEAST_BESIDE = 0.005  # a smaller share of ordinary accounts alone is not listed
ESTIMATED = "estimated from wording"  # of capabilities, beside every share that stands without the note on them

_EXPLANATIONS = {one.name: one.words for one in EXPLANATIONS}
_SHARED = {one.name: one.words for one in SHARED_VALUES}

VERDICT_MEANINGS = {
    "excluded": "tested and contradicted by the log",
    "possible": "tested and not ruled out",
    "preferred": "fits the log better than a campaign",
}
_VERDICTS = {"preferred": "fits best"}


def in_words(name: str) -> str:
    """A claim, capability or kind as words: `same_payment_issuer` becomes `same payment issuer`."""
    return name.replace("_", " ").strip()


def explanation(name: str) -> str:
    """An innocent explanation in words: `is_batch_job` becomes `a firm's own batch job`."""
    return _EXPLANATIONS.get(name) or in_words(name.removeprefix("is_"))


def verdict(name: str) -> str:
    """The result of an innocent explanation's test in words: `preferred` becomes `fits best`."""
    return _VERDICTS.get(name, in_words(name))


def shared(claim: str) -> str:
    """What accounts share by a claim of linking, in words: `same_payment_issuer` becomes `card issuer`."""
    return _SHARED.get(claim) or in_words(claim)


def family(name: str) -> str:
    """A family of shared values in words: `infrastructure` becomes `addresses or client software`."""
    return FAMILIES[name].words if name in FAMILIES else in_words(name)


def capitalised(sentence: str) -> str:
    """A sentence with a capital letter at its start."""
    return sentence[:1].upper() + sentence[1:]


def stopped(sentence: str) -> str:
    """A sentence that ends in a full stop, a question mark or an exclamation mark."""
    return sentence if not sentence or sentence.endswith((".", "?", "!")) else sentence + "."


def confidence(amount: float) -> str:
    """Confidence of 0..100 as a whole number; never a claim of certainty."""
    return ">99" if amount >= 99.5 else str(round(amount))


def rate(amount: float) -> str:
    """A false discovery rate in two figures; the figures of a rate below a thousandth say nothing more."""
    return f"{amount:.2g}" if amount >= 0.001 else "<0.001"


def count(number: int, noun: str = "") -> str:
    """A whole number with thousands separated, and its noun in singular or plural."""
    if not noun:
        return f"{number:,}"
    return f"{number:,} {noun if number == 1 else noun + 's'}"


def abbreviated(number: int) -> str:
    """A large number in three figures: 412,880 becomes `413 k`, 1,048,576,000 becomes `1.05 bn`."""
    for size, unit in ((10**12, "tn"), (10**9, "bn"), (10**6, "M"), (10**3, "k")):
        if number >= size:
            scaled = number / size
            places = 2 if scaled < 9.995 else 1 if scaled < 99.95 else 0
            return f"{scaled:.{places}f} {unit}"
    return str(number)


def percent(share: float) -> str:
    """A share of 0..1 in whole percent, never rounded to nothing or to everything."""
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


def expected_closely(innocents: float) -> str:
    """An expected number of accounts beside a limit: one figure while it is small, so that the two can be compared."""
    if innocents >= 0.01 or innocents <= 0:
        return expected(innocents)
    return "<0.00001" if innocents < 0.00001 else f"{innocents:.5f}".rstrip("0")


def bits(amount: float) -> str:
    """Bits with their sign: `+12.4`, `−3.1`, `0.0`; the minus is U+2212."""
    shown = f"{abs(amount):,.1f}"
    if shown == "0.0":
        return "0.0"
    return ("+" if amount > 0 else "−") + shown


def day(moment: date, year: bool = False) -> str:
    """`22 Apr` or `22 Apr 2026`; the names of months do not follow the machine's language."""
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
    shown = ", ".join(f"{in_words(share.capability)} {percent(share.share)}" for share in named)
    return f"{shown} ({ESTIMATED})" if shown else ""


def asked_for(campaign: Campaign) -> tuple[tuple[str, float, float | None], ...]:
    """Capability, its share in the campaign, and its share among ordinary accounts (None where these are not known)."""
    beside = campaign.reference
    ordinary = {} if beside is None else {one.capability: one.share for one in beside.targets}
    mine = {one.capability: one.share for one in campaign.targets}
    names = [*mine, *(name for name, share in ordinary.items() if name not in mine and share >= LEAST_BESIDE)]
    return tuple((name, mine.get(name, 0.0), None if beside is None else ordinary.get(name, 0.0)) for name in names)


def beside_whom(campaign: Campaign) -> str:
    """Which people the campaign's capabilities stand beside; empty where there are none."""
    if campaign.reference is None:
        return ""
    return (
        f"Ordinary accounts are {count(campaign.reference.accounts)} of this log that are in no network, drawn by a "
        f"digest of their ids; their {count(campaign.reference.exchanges, 'exchange')} with text were named and "
        "corrected in the same way. Asking for what others do not ask for is no evidence by itself."
    )


def named_shares(shares: tuple[NamedShare, ...]) -> str:
    """Every share with its interval: `mathematics 60 % (55 % to 65 %), unclear 40 % (35 % to 45 %)`."""
    return ", ".join(
        f"{in_words(one.name)} {percent(one.share)} ({percent(one.low)} to {percent(one.high)})" for one in shares
    )


def headline(campaign: Campaign, year: bool = False) -> tuple[str, ...]:
    """The parts of the one line that sums up a campaign, size first."""
    parts = (
        count(campaign.accounts, "account"),
        count(campaign.exchanges, "exchange"),
        span(campaign.first_seen.date(), campaign.last_seen.date(), year),
        targets(campaign.targets),
        f"confidence {confidence(campaign.confidence)} of 100",
        f"{expected(campaign.expected_innocent_accounts)} innocent accounts expected",
    )
    return tuple(part for part in parts if part)


def network_headline(network: Network, year: bool = False) -> tuple[str, ...]:
    """The parts of the one line that sums up a network, size first."""
    return (
        count(network.accounts, "account"),
        count(network.exchanges, "exchange"),
        span(network.first_seen.date(), network.last_seen.date(), year),
        f"confidence {confidence(network.confidence)} of 100",
    )


def at_level(campaign: Campaign) -> int:
    """Accounts at the campaign's own level, among which the expected innocent accounts are counted."""
    return dict(campaign.levels).get(campaign.level, campaign.accounts)
