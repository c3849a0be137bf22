"""Cells by look-up and by hashing agree with cells worked out plainly."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from stillwatch.group import cells
from stillwatch.records.naming import FORMS, SUBJECTS
from tests.group.worlds import exchanges

SIZES = np.array([-1, 0, 1, 2, 3, 46340, 46341, 65535, 65536, 2**40] + [2**power for power in range(40)])


def test_sizes_are_powers_of_two_up_to_the_last_cell() -> None:
    group = exchanges(1, accounts=len(SIZES), each=1)
    group.input_size[:], group.output_size[:] = SIZES[::-1], SIZES
    inputs, outputs = (np.minimum(np.log2(np.maximum(one, 1)).astype(int), 15) for one in (SIZES[::-1], SIZES))
    assert np.array_equal(cells.size_cell(group), inputs * 16 + outputs)
    half = np.minimum(np.floor(2.0 * np.log2(np.maximum(SIZES, 1))).astype(int), 31)
    assert np.array_equal(cells.answer_cell(group), np.where(SIZES > 0, 1 + half, 0))


def test_every_subject_with_every_sort_of_form_has_a_cell() -> None:
    pairs = [(subject, form) for subject in range(len(SUBJECTS)) for form in range(len(FORMS))]
    group = exchanges(1, accounts=len(pairs) + 3, each=1)
    without = [(-1, 0), (0, -1), (0, len(FORMS))]  # no text, and codes of no form
    group.subject[:], group.form[:] = np.transpose([*pairs, *without])
    found = cells.named_cell(group).tolist()
    assert found[-3:] == [0, 0, 0]
    assert set(found[:-3]) == set(range(1, 31))
    cell = dict(zip([(SUBJECTS[subject], FORMS[form]) for subject, form in pairs], found, strict=False))
    assert cell["data", "agentic"] == cell["data", "tool_use"] == cell["data", "computer_use"]
    assert cell["data", "answer"] == cell["data", "unclear"] != cell["software", "answer"]


@settings(max_examples=40)
@given(st.integers(0, 2**32), st.integers(0, 400), st.sampled_from([1, 1 << 16]))
def test_common_values_are_those_counted(seed: int, rows: int, step: int) -> None:
    generator = np.random.default_rng(seed)
    column = (
        np.where(generator.random(rows) < 0.5, generator.integers(-5, 5, rows), generator.integers(0, 99, rows)) * step
    )
    values, count = np.unique(column[column != 0], return_counts=True)
    common = cells.common_values(column)
    assert np.array_equal(common, values[count >= max(3, 0.02 * rows)])
    group = exchanges(1, accounts=rows, each=1)
    group.values["head"] = column
    expected = [
        0 if value == 0 else 2 + int(np.searchsorted(common, value)) if value in common else 1 for value in column
    ]
    assert cells.coder("head", common)(group).tolist() == expected


def test_tables_grow_where_low_bits_are_the_same() -> None:
    column = np.concatenate([np.arange(1, 200_000) << 16, np.full(9000, 5 << 16)])
    assert cells.common_values(column).tolist() == [5 << 16]


@settings(max_examples=40)
@given(st.integers(0, 2**32), st.integers(0, 400))
def test_weights_of_cells_are_those_of_bincount(seed: int, rows: int) -> None:
    generator = np.random.default_rng(seed)
    cell, weight, nats = generator.integers(0, 9, rows).astype(np.uint8), generator.random(rows), generator.random(7)
    there, lacking = cells.weighed_both(cell, weight, 9)
    assert np.array_equal(there, np.bincount(cell, weights=weight, minlength=9))
    assert np.array_equal(lacking, np.bincount(cell, weights=1.0 - weight, minlength=9))
    total = np.ones(rows)
    cells.add_cells(total, cell, nats)
    assert np.array_equal(total, 1.0 + np.append(nats, [0.0, 0.0])[cell])
