"""What a campaign asked for: shares of capabilities, subjects and forms, worked back from how exchanges were named."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from stillwatch.assess.thresholds import RIGHTLY_NAMED
from stillwatch.engine import Engine, Query
from stillwatch.records.naming import FORMS, SUBJECTS, UNCLEAR, capability_of
from stillwatch.records.outputs import REFERENCE_SHARES
from stillwatch.records.shares import explain, load_rates

Shares = dict[str, dict[str, float]]  # column, name: share of the exchanges


def shares_of(rows: Iterable[Mapping[str, Any]]) -> dict[str, Shares]:
    """The columns `targets`, `subjects` and `forms` of each campaign, from its exchanges by subject and form."""
    counts: dict[str, NDArray[np.float64]] = {}
    for row in rows:
        mine = counts.setdefault(row["campaign_id"], np.zeros((len(SUBJECTS), len(FORMS))))
        mine[_place(SUBJECTS, row["subject"]), _place(FORMS, row["form"])] += row["exchanges"]
    return {name: _shares(mine) for name, mine in counts.items()}


def write_reference(engine: Engine) -> None:
    """Writes what the reference population asks for, corrected as campaigns' shares are; no row without it."""
    rows = engine.fetch(Query("reference names", "SELECT * FROM reference_names ORDER BY subject, form")).to_pylist()
    found = shares_of({**row, "campaign_id": ""} for row in rows)
    exchanges = sum(row["exchanges"] for row in rows)
    stated = [{"accounts": rows[0]["accounts"], "exchanges": exchanges, **mine} for mine in found.values()]
    engine.store(REFERENCE_SHARES, pa.Table.from_pylist(stated, schema=REFERENCE_SHARES.schema))


def _place(names: tuple[str, ...], code: int) -> int:
    """A code without a name is unclear."""
    return code if 0 <= code < len(names) else names.index(UNCLEAR)


def _shares(counts: NDArray[np.float64]) -> Shares:
    rates = load_rates()
    found = explain(counts, rates["subjects"].mean, rates["forms"].mean, RIGHTLY_NAMED)
    sums: dict[str, dict[str, float]] = {column: defaultdict(float) for column in ("targets", "subjects", "forms")}
    for (subject, form), share in np.ndenumerate(found):
        words = (capability_of(SUBJECTS[subject], FORMS[form]), SUBJECTS[subject], FORMS[form])
        for column, word in zip(sums, words, strict=True):
            sums[column][word] += float(share)
    return {
        column: {word: stated for word in sorted(mine) if (stated := round(mine[word], 6))}
        for column, mine in sums.items()
    }
