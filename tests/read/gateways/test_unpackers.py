"""Documents that hold several exchanges give one record each."""

from __future__ import annotations

from collections import Counter

import pytest

from stillwatch.read.gateways.unpackers import UNPACKERS


@pytest.mark.parametrize("name", UNPACKERS)
def test_a_list_holds_the_records_of_its_elements(name: str) -> None:
    records: list[object] = [{"gen_ai.request.model": "a"}, 7]
    alone = [one for record in records for one in UNPACKERS[name](record, Counter())]
    assert list(UNPACKERS[name](records, Counter())) == alone
