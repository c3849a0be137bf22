"""Every dossier is whole, the same each time, harmless in every form, and tells a reader no more than he may know."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from stillwatch import report
from stillwatch.engine.duckdb import DuckDBEngine
from stillwatch.errors import UsageError
from stillwatch.ledger.records import Appeal, Attribution, Entry
from stillwatch.records.outputs import APPLIED_JUDGEMENTS, CAMPAIGN_TEXTS, CAMPAIGN_USAGE
from stillwatch.report import Asked, write_dossier
from stillwatch.report.dossier.damage import Price, Prices
from stillwatch.report.dossier.facts import Recorded
from stillwatch.report.dossier.profiles import PROFILES
from stillwatch.settings import EngineSettings
from tests.ledger.made import NOW, decision, told
from tests.ledger.test_worksheet import ENTERED, NAMED, attributed, conclusion
from tests.report.synthetic_run import HOSTILE, SHOWN, full_run

TEXTS = ("html", "md", "json", "text")
PRICES = Prices(currency="USD", source="price page of 1 June 2026", models={HOSTILE[0]: Price(input=3, output=15)})


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The full run with what its campaigns took, by a model of a hostile name."""
    made, parent = full_run(), tmp_path_factory.mktemp("dossier")
    for name in ("C1", "C2", "C3"):
        for detected in (False, True):
            taken = {"exchanges": 900, "conversations": 80, "tasks": 70}
            taken |= dict.fromkeys(("input_tokens", "output_tokens"), 10**6)
            about = {"campaign_id": name, "capability": "grading", "request_model": HOSTILE[0], "detected": detected}
            made.add(CAMPAIGN_USAGE, **about, **taken)
        for times, texts in ((1, 400), (2, 90), (7, 3)):
            made.add(CAMPAIGN_TEXTS, campaign_id=name, capability="grading", times=times, texts=texts)
    confirmed = {"source": "judgement", "subject": "C3", "applies_to": "C3", "verdict": "confirmed", "through": []}
    by = {"decided_at": NOW.replace(tzinfo=None), "decided_by": "Bo", "reason": "seen", "accounts": 9}
    made.add(APPLIED_JUDGEMENTS, **confirmed, **by)
    with DuckDBEngine(EngineSettings(threads=2), parent) as engine:
        made.store(engine)
        return made.write(engine, parent / "run")


def recorded(name: str = "C2") -> Recorded:
    acts = tuple(Entry(decision(f"{one}", subject=name, reason_code=HOSTILE[5])) for one in range(3))
    return Recorded(acts, (Appeal("a1", "d1", NOW, HOSTILE[0]),), (*ENTERED, conclusion("affiliated_with")))


def test_recipients_are_named_to_the_providers_own_side_only(run: Path) -> None:
    shared = Recorded(shares=(replace(told(), share_id="s1", made_at=NOW, recipient="northwind", subject="C2"),))
    texts = {name: write_dossier(run, "C2", Asked("md", name, shared)).decode() for name in PROFILES}
    assert "| 1 Jun 2026 | northwind |" in texts["counsel"]
    assert "| 1 Jun 2026 | a partner |" in texts["government"]
    assert "northwind" not in texts["partner"] + texts["government"]
    assert "No indicator of this campaign was shared" in dossier(run, "md")


def test_what_people_enter_is_printable_and_short(run: Path) -> None:
    long = Attribution("C2", "hypothesis", "Bo", NOW, "lab", text="z" * 8_000)
    text = write_dossier(run, "C2", Asked("md", recorded=Recorded(attributions=(long,)))).decode()
    assert "(8,000 characters)" in text
    assert "z" * 700 not in text


def asked(form: str, profile: str = "internal") -> Asked:
    return Asked(form, profile, recorded(), PRICES)


def dossier(run: Path, form: str, profile: str = "internal", campaign: str = "C2") -> str:
    return write_dossier(run, campaign, asked(form, profile)).decode()


SECTIONS = (
    "What was counted", "What happened, where and since when", "How it was measured, and how often that errs",
    "Innocent explanations that were tried", "What is not known", "What would have to be false for this to be wrong",
    "Who may be behind it", "What was taken", "Beside earlier campaigns", "Beside public cases",
    "What was done, and how to object",
    "With whom it was shared",
)  # fmt: skip


@pytest.mark.parametrize("profile", PROFILES)
def test_every_chapter_is_there_in_order_with_counts_first(run: Path, profile: str) -> None:
    titles = re.findall(r"^## (.*)$", dossier(run, "md", profile), re.MULTILINE)
    assert tuple(titles[: len(SECTIONS)]) == SECTIONS
    assert titles[-5:] == [one for one in titles if one.startswith("Annex")]
    assert ("In the order of H.R. 8283, section 4(b)" in titles) is (profile == "government")


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("form", TEXTS)
def test_the_same_run_and_ledger_give_the_same_bytes(run: Path, form: str, profile: str) -> None:
    assert dossier(run, form, profile) == dossier(run, form, profile)


def test_nobody_is_called_fraudulent_unless_a_person_decided_so(run: Path) -> None:
    for campaign in ("C1", "C2"):
        for form in ("md", "html"):
            assert "fraud" not in dossier(run, form, "counsel", campaign).lower()
    assert "fraud ring" in dossier(run, "md", "counsel", "C3")
    assert "A person has confirmed it." in dossier(run, "md", "counsel", "C3")
    assert "indicators consistent with" in dossier(run, "md", "counsel", "C2")


@pytest.mark.parametrize("form", TEXTS)
@pytest.mark.parametrize("profile", ["partner", "government"])
def test_other_readers_see_no_account_no_holder_and_no_colleague(run: Path, form: str, profile: str) -> None:
    inside = dossier(run, "json", "internal")
    accounts = set(re.findall(r"acct_[0-9a-f]{12}", inside))
    text = dossier(run, form, profile)
    assert len(accounts) > 40
    assert {one for one in accounts if one in text} == set()
    assert SHOWN["same_payment_issuer"] not in text
    assert SHOWN["same_client_fingerprint"].rstrip("…") in text or form == "text"
    assert "2026-04.parquet" not in text
    assert "Bo" not in re.findall(r"\bBo\b", text)
    assert "exchange C1-17" not in text


def test_a_committee_reads_a_conclusion_and_no_hypotheses(run: Path) -> None:
    government, partner = dossier(run, "md", "government"), dossier(run, "md", "partner")
    assert "A person concluded: “one laboratory”" in government
    assert "This rung asks for 3 items" in government
    for form in ("md", "html", "json"):
        assert "many resellers" not in dossier(run, form, "government")
        assert "nine to five" not in dossier(run, form, "government")
    assert "one laboratory" not in partner
    assert "many resellers" in dossier(run, "md", "counsel")
    assert "USD" not in partner
    assert "USD" in government


def test_a_committee_reads_of_entities_what_people_attributed(run: Path) -> None:
    def told(*entries: Attribution) -> str:
        recorded = Recorded((), (), (*ENTERED, *entries))
        return write_dossier(run, "C1", Asked("md", "government", recorded=recorded)).decode()

    nothing = told(*NAMED)  # a name alone is nothing that was attributed
    assert "Relay Ltd" not in nothing and "Not filled in: no person has attributed any" in nothing
    text = told(*NAMED, attributed("affiliated_with"))
    assert "Relay Ltd, which provides proxies, or resells access. It is affiliated with a named actor: likely" in text
    assert "Relay Ltd: NL, NL: Amsterdam" in text
    assert "This rung asks for 3 items" in text
    assert "Attributed by A person." in text
    assert "many resellers" not in text
    assert "Not attributed by any person." in text  # nobody is said to extract
    partner = write_dossier(run, "C1", Asked("md", "partner", recorded=Recorded((), (), (*ENTERED, *NAMED)))).decode()
    assert "Relay Ltd" not in partner


def test_accounts_at_watch_are_not_named(run: Path) -> None:
    document = json.loads(dossier(run, "json", "counsel", "C1"))
    (campaign,) = document["campaigns"]
    assert {one["level"] for one in campaign["members"]} <= {"act", "review"}
    assert document["dossier"]["damage"]["before"]["exchanges"] == 900


class Tags(HTMLParser):
    """Every tag and attribute of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.links: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [value or "" for name, value in attrs if name in ("src", "href")]


def test_hostile_names_become_no_markup(run: Path) -> None:
    page = Tags(dossier(run, "html"))
    assert not {"script", "iframe", "b", "a href"} & page.tags
    assert not {name for name in page.attributes if name.startswith("on")}
    assert all(link.startswith(("#", "data:image/svg+xml;base64,")) for link in page.links)
    markdown = dossier(run, "md")
    assert not re.search(r"(?<!\\)\]\(|(?<!\\)<(?!1|5)[a-z/]", markdown)
    assert not set(markdown) & set("\u202e\u202c\x00\x1b\r")
    assert max(map(len, markdown.splitlines())) < 20_000


def test_a_ledger_that_is_not_named_is_said(run: Path) -> None:
    text = write_dossier(run, "C2", Asked("md")).decode()
    assert "No ledger was named" in text
    assert "no ledger was read for this dossier" in text
    assert "as they stood at 2026-06-01 12:01 UTC" in dossier(run, "md")


@pytest.mark.parametrize(
    ("campaign", "form", "profile", "said"),
    [
        ("C2", "docx", "internal", "`--format docx`: is not a format"),
        ("C2", "md", "press", "`--profile press`: is no profile"),
        ("C9", "md", "internal", "`--campaign C9`: is not in this run"),
    ],
)
def test_what_does_not_exist_is_told(run: Path, campaign: str, form: str, profile: str, said: str) -> None:
    with pytest.raises(UsageError) as raised:
        write_dossier(run, campaign, Asked(form, profile))
    assert said in str(raised.value)


def test_a_report_on_a_campaign_is_its_dossier(run: Path) -> None:
    for form in TEXTS:
        assert report.write(run, "C2", form) == write_dossier(run, "C2", Asked(form)).decode()


def test_what_a_response_changed_is_told_beside_its_doubt(run: Path) -> None:
    during = decision("9", subject="C1", since=NOW.replace(month=5, day=1), made_at=NOW.replace(month=5, day=1))
    entries: Any = Recorded((Entry(during),), (), ())
    text = write_dossier(run, "C1", Asked("md", recorded=entries)).decode()
    assert re.search(r"The first effect began on 1 May 2026\. There were [\d,]+ requests a day before and", text)
    assert "| throttle | 1 May 2026 | 1 |" in text
    none = Attribution("C1", "hypothesis", "Bo", NOW, "lab", text="a firm")
    text = write_dossier(run, "C1", Asked("md", recorded=Recorded((), (), (none,)))).decode()
    assert "what it saved cannot be told" in text or "What a response saved cannot be told" in text
    assert "Nobody has concluded anything yet" in text


def test_each_response_has_its_own_days_and_what_it_saved(run: Path) -> None:
    begun = [NOW.replace(month=5, day=number) for number in (1, 1, 5, 6, 7)]
    changed: list[dict[str, Any]] = [
        {},
        {},
        {"effect": "suspend"},
        {"effect": "label", "held_out": True},
        {"effect": "challenge", "needs_approval": True},
    ]
    made = [
        Entry(decision(str(number), subject="C1", made_at=at, since=at, **more))
        for number, (at, more) in enumerate(zip(begun, changed, strict=True))
    ]
    text = write_dossier(run, "C1", Asked("md", recorded=Recorded(tuple(made), (), ()))).decode()
    rate = int(re.search(r"beside the ([\d,]+) requests a day", text)[1].replace(",", ""))  # type: ignore[index]
    rows = [
        [cell.strip() for cell in line.split("|")[1:-1]]
        for line in text.splitlines()
        if re.match(r"\| (throttle|suspend|label|challenge) \| \d+ May 2026 \| \d+ \|", line)
    ]
    assert rows[0][:4] == ["throttle", "1 May 2026", "2", "4"]  # until the next one began
    assert rows[1][:3] == ["suspend", "5 May 2026", "1"]
    assert len(rows) == 2  # what was held out or waits is no response
    for row in rows:
        days, daily = (int(row[place].replace(",", "")) for place in (3, 4))
        more = row[5].endswith("more")
        saved = int(re.sub(r"\D", "", row[5])) * (-1 if more else 1)
        assert abs(saved - (rate - daily) * days) <= days + 1


@pytest.mark.parametrize("profile", PROFILES)
def test_what_was_assumed_before_any_evidence_is_a_linchpin(run: Path, profile: str) -> None:
    text = dossier(run, "md", profile)
    found = re.search(r"100 of 1,000 networks serve extraction: .* would be (\d+) % in place of (\d+) %", text)
    assert found is not None
    before = int(found[2]) / 100
    odds = before / (1 - before) * (1 / 99) / (1 / 9)  # of 10 in 1,000 beside 100 in 1,000
    assert int(found[1]) == pytest.approx(100 * odds / (1 + odds), abs=6)  # both are rounded


def test_a_reader_who_is_told_no_attribution_is_not_told_that_there_is_none(run: Path) -> None:
    named = "network, an address or a country is no company, and "
    partner = dossier(run, "md", "partner")
    assert f"{named}this reader is told no attribution." in partner
    assert "nobody attributed it" not in partner
    assert f"{named}nobody attributed it." in write_dossier(run, "C2", Asked("md", "counsel")).decode()
    assert f"{named}nobody attributed it." not in dossier(run, "md", "counsel")


@pytest.mark.parametrize("profile", PROFILES)
def test_figures_are_found_anew_only_where_the_seal_holds_the_settings(run: Path, profile: str) -> None:
    said = "with the logs in hand it scans them again" in dossier(run, "md", profile)
    assert said is PROFILES[profile].staff
