"""The drawing of a network is bounded, blind to the order of its links and true to them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from hypothesis import given
from hypothesis import strategies as st

from stillwatch.report import drawing
from stillwatch.report.document import Link, Network, Value


def network(links: list[tuple[str, str, bool]], values: list[str]) -> Network:
    moment = datetime(2026, 4, 22)
    return Network(
        network_id="N1",
        kind="relay",
        accounts=5,
        exchanges=9,
        first_seen=moment,
        last_seen=moment,
        confidence=90.0,
        formed_at=moment,
        values=tuple(Value(value, "payment", "same_payment_issuer", 3, 1, 2.0) for value in values),
        links=tuple(Link(*link) for link in links),
    )


LINKS = st.lists(
    st.tuples(st.text("abc", min_size=1, max_size=6), st.sampled_from(["v1", "v2", "v3", "unknown"]), st.booleans()),
    max_size=400,
    unique_by=lambda link: link[:2],
)


@given(LINKS, st.randoms(use_true_random=False))
def test_drawing_is_bounded_and_blind_to_order(links: list[tuple[str, str, bool]], draw: object) -> None:
    first = drawing.draw(network(links, ["v1", "v2", "v3"]))
    second = drawing.draw(network(sorted(links, reverse=True), ["v1", "v2", "v3"]))
    assert first == second
    known = {account for account, value, _ in links if value != "unknown"}
    if first is None:
        assert not known
        return
    assert len(first.accounts) == min(len(known), drawing.ACCOUNTS)
    for node in first.accounts:
        assert 0 <= node.y <= first.height and node.x <= drawing.WIDTH


def test_campaign_members_are_drawn_before_others() -> None:
    links = [(f"a{index:03}", "v1", False) for index in range(300)] + [("z", "v1", True)]
    shown = drawing.draw(network(links, ["v1"]))
    assert shown is not None and shown.has_outside
    assert len(shown.accounts) == drawing.ACCOUNTS
    assert [node.title for node in shown.accounts if node.inside] == ["z"]


def test_one_line_a_link() -> None:
    shown = drawing.draw(network([("a", "v1", True), ("a", "v2", True), ("b", "v1", False)], ["v1", "v2"]))
    assert shown is not None
    assert sum(lines.path.count("M") for lines in shown.lines) == 3
    assert [lines.inside for lines in shown.lines] == [False, True, True]


def test_known_families_have_a_colour_each_and_unknown_ones_share_one() -> None:
    assert drawing.colour("payment") == drawing.colour("payment_card") != drawing.colour("time")
    assert drawing.colour("life-cycle") == "family-6"
    assert drawing.colour('"><script>') == "family-other"


def test_labels_say_which_value_is_shared_and_stay_short() -> None:
    links = [("a", "v1", True), ("b", "v1", True)]
    named = network(links, ["v1"])
    shown = drawing.draw(replace(named, values=(replace(named.values[0], shown="4242…"),)))
    endless = drawing.draw(replace(named, values=(replace(named.values[0], shown="x" * 300),)))
    assert shown is not None and [node.label for node in shown.values] == ["card issuer: 4242…"]
    assert endless is not None and len(endless.values[0].label) == drawing.LABEL
