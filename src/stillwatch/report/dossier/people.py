"""The chapters on people: who may be behind it, what was done and how to object, with whom it was shared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from stillwatch.ledger.records import ENTITY_ROLES, RUNGS
from stillwatch.ledger.worksheet import NEEDS, Conclusion, Entity, Worksheet
from stillwatch.report.dossier.blocks import Block, Grid, Paragraph, Section
from stillwatch.report.dossier.facts import Deeds, Dossier
from stillwatch.report.dossier.findings import kind
from stillwatch.report.wording import capitalised, count, day, in_words, span, stopped

_NOBODY = (
    "Nobody has attributed this campaign. Stillwatch does not name an actor: a person may enter hypotheses with "
    "reasons, and each entry then stands in the ledger."
)
_NOT_TOLD = (
    "This reader is told no hypotheses about the actor. Stillwatch names none; what people have concluded, if "
    "anything, is told only where the profile allows it."
)
RATED = {
    "CC": "fits very well",
    "C": "fits",
    "N": "says nothing",
    "I": "contradicts",
    "II": "contradicts strongly",
}


def attribution(dossier: Dossier) -> Section:
    """Who may be behind it, as people have entered it."""
    found = dossier.worksheet
    if found is None:
        said = _NOBODY if dossier.profile.attribution == "all" else _NOT_TOLD
        return Section("Who may be behind it", (Paragraph(said),))
    return Section("Who may be behind it", tuple(_attribution(found, dossier)))


def _attribution(found: Worksheet, dossier: Dossier) -> Iterator[Block]:
    yield Paragraph(
        "People entered all of this; the machine only adds up. Competing hypotheses are weighed by what speaks against "
        "them: what fits one may fit another as well."
    )
    if dossier.profile.attribution == "all":
        yield Grid(
            "Hypotheses, the least contradicted first",
            ("hypothesis", "text", "against it"),
            tuple((one.name, one.text, f"{one.against:g}") for one in found.hypotheses),
            numbers=(2,),
        )
        names = tuple(one.name for one in found.hypotheses)
        yield Grid(
            "Facts, and how each fits each hypothesis",
            ("fact", "source", *names, "tells them apart"),
            tuple(
                (
                    f"{one.name}: {one.text}",
                    one.source,
                    *(RATED[dict(one.ratings)[name]] for name in names),
                    "yes" if one.diagnostic else "no",
                )
                for one in found.items
            ),
        )
    if found.conclusion is None:
        yield Paragraph("Nobody has concluded anything yet.")
    else:
        yield from _conclusion(found.conclusion, found)
    yield Grid(
        "Entities that people have named",
        ("entity", "what it does", "where", "networks", "as far as attributed"),
        tuple(
            (
                f"{one.name} ({one.sort})",
                ENTITY_ROLES[one.role],
                "; ".join(one.places) or "not attributed",
                ", ".join(one.networks) or "none attributed",
                held(one),
            )
            for one in found.entities
        ),
        otherwise="People have named no entity.",
    )
    for one in found.entities:
        if one.concluded is not None:
            yield Paragraph(f"What would turn over what is held of {one.name}: {stopped(one.concluded.turns_over)}")
    rows = [
        (RUNGS[name], f"{items} that tell hypotheses apart, {outside} of them from outside the log")
        for name, (items, outside) in NEEDS.items()
    ]
    yield Grid("The ladder, and how many facts each rung needs", ("the actor …", "facts"), tuple(rows))


def _conclusion(one: Conclusion, found: Worksheet) -> Iterator[Block]:
    text = next(each.text for each in found.hypotheses if each.name == one.hypothesis)
    yield Paragraph(
        f"{one.by} concluded: “{text}” ({RUNGS[one.rung]}). Likelihood: {one.likelihood}. Confidence: "
        f"{one.confidence}. {stopped(capitalised(one.reason))}",
        strong=True,
    )
    yield Paragraph(f"What would turn it over: {stopped(one.turns_over)}")
    for lack in one.lacks:
        yield Paragraph(f"This rung asks for {lack}.", strong=True)


def held(entity: Entity) -> str:
    """What people have attributed to an entity, in a sentence that says what its rung still asks for."""
    one = entity.concluded
    if one is None:
        return "Nothing has been attributed to it."
    lacks = "".join(f" This rung asks for {lack}." for lack in one.lacks)
    reason = stopped(capitalised(one.reason))
    return (
        f"It {RUNGS[one.rung]}: {one.likelihood}, confidence {one.confidence}. {reason} Attributed by {one.by}.{lacks}"
    )


def deeds(dossier: Dossier) -> Section:
    """What was done, and how to object."""
    return Section("What was done, and how to object", tuple(_deeds(dossier)))


def _deeds(dossier: Dossier) -> Iterator[Block]:
    if dossier.deeds is None:
        yield Paragraph("No ledger was named for this dossier, so that it cannot say what was done.")
    else:
        yield from _decided(dossier.deeds)
    yield Paragraph(
        "Whoever holds one of these accounts can object to every decision, at the place and with the reference that "
        "the decision's text names. A person who had no part in it looks at it again; where the objection is granted, "
        "what was done is undone and the account stands as innocent. A holder can ask for an extract about their own "
        "account."
    )


def _decided(found: Deeds) -> Iterator[Block]:
    yield Grid(
        f"Decisions about its accounts, as they stood at {found.as_of:%Y-%m-%d %H:%M} UTC",
        ("what", "status", "decisions"),
        tuple((in_words(effect), in_words(status), count(many)) for effect, status, many in found.decisions),
        numbers=(2,),
        otherwise="No decision was made about its accounts.",
    )
    if found.first_at is not None and found.last_at is not None:
        yield Paragraph(
            f"Effects began {span(found.first_at.date(), found.last_at.date(), True)}. People approved "
            f"{count(found.approved_by_people)} and reversed {count(found.reversed_by_people)}."
        )
    yield Grid(
        "Objections",
        ("status", "objections"),
        tuple((in_words(status), count(many)) for status, many in found.appeals),
        numbers=(1,),
        otherwise="No holder has objected so far.",
    )


def shared(dossier: Dossier) -> Section:
    """With whom it was shared."""
    made_for = Paragraph(
        f"This dossier was made for {dossier.profile.reader} (profile {dossier.profile.name}). What that reader may "
        "not see was left out before it was written. Where the file went afterwards, it cannot say."
    )
    if dossier.deeds is None:
        return Section("With whom it was shared", (made_for,))
    told = Grid(
        "Indicators of this campaign that were shared with others",
        ("when", "with", "marking", "status"),
        tuple((day(at, True), who, marking, status) for at, who, marking, status in dossier.deeds.shares),
        otherwise="No indicator of this campaign was shared with anybody.",
    )
    return Section("With whom it was shared", (made_for, told))


def committee(dossier: Dossier) -> Section:
    """What a committee asks, in the order of section 4(b) of H.R. 8283."""
    campaign, found = dossier.campaign, dossier.worksheet
    entities = () if found is None else found.entities
    kinds = sorted({kind(one, dossier.confirmed) for one in campaign.networks})
    period = f"{day(campaign.first_seen, True)} to {day(campaign.last_seen, True)}"
    unnamed = (
        f"{count(len(campaign.networks), 'network')} ({'; '.join(kinds) or 'none'}). Running a network is not "
        "extracting; whoever runs one is named only where a person has attributed it."
    )
    places = "; ".join(f"{one.name}: {', '.join(one.places)}" for one in entities if one.places)
    providers = _named(entities, "account_provider", "proxy_provider")
    rows = (
        ("Entities that extract", _extractors(found)),
        ("Providers of accounts and proxies, and their role", f"{unnamed} {providers}".strip()),
        (
            "Countries, and physical locations",
            places or "Not filled in: no person has attributed any, and addresses show none.",
        ),
        (
            "Material assistance by governments",
            _named(entities, "supporter") or "Not filled in: nothing in a provider's log shows it.",
        ),
        ("Methods", f"The evidence above, {period}; capabilities, indicators and ATLAS techniques in the annexes."),
        (
            "Consequences",
            f"{count(campaign.exchanges, 'request')} were answered, and what they were used for is not known.",
        ),
    )
    return Section(
        "In the order of H.R. 8283, section 4(b)",
        (
            Grid(
                "Deterring American AI Model Theft Act of 2026, as introduced on 15 April 2026 "
                "(govinfo.gov, BILLS-119hr8283ih). Filled in only where a person has attributed.",
                ("what is asked", "what can be said"),
                rows,
            ),
        ),
    )


def _extractors(found: Worksheet | None) -> str:
    """The conclusion about the campaign, and the entities that extract."""
    said = []
    if found is not None and found.conclusion is not None:
        one = found.conclusion
        text = next(each.text for each in found.hypotheses if each.name == one.hypothesis)
        said.append(f"{text} ({RUNGS[one.rung]}; {one.likelihood}, confidence {one.confidence}).")
    named = _named(() if found is None else found.entities, "extractor")
    return " ".join([*said, named]).strip() or "Not attributed by any person."


def _named(entities: Sequence[Entity], *roles: str) -> str:
    """The entities of these roles with what is held of them."""
    chosen = (one for one in entities if one.role in roles)
    return " ".join(f"{one.name}, which {ENTITY_ROLES[one.role]}. {held(one)}" for one in chosen)
