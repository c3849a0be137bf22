"""Words of templates go, whatever the sketch kept of them; what accounts come back to by themselves stays."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.group.templates import TEMPLATE_ACCOUNTS, without_templates

TEMPLATE = np.arange(1, 21, dtype=np.uint32)  # words of one template


def texts(seed: int, accounts: int, each: int, sampled: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Texts of one template: a sample of its words, a topic of the account's own, and slots that never return."""
    generator = np.random.default_rng(seed)
    n = accounts * each
    account_index = np.repeat(np.arange(accounts), each).astype(np.int32)
    words = np.where(generator.random((n, 8)) < sampled, generator.choice(TEMPLATE, (n, 8)), 0)
    topic = np.where(generator.random((n, 4)) < 0.5, 1_000 + account_index[:, None] * 4 + np.arange(4), 0)
    slots = generator.integers(1_000_000, 2**32, (n, 4))
    return account_index, np.full((n, 1), 77), np.concatenate([words, topic, slots], axis=1).astype(np.uint32)


@given(st.integers(0, 99), st.floats(0.3, 1.0))
def test_a_templates_words_go_and_own_topics_and_slots_stay(seed: int, sampled: float) -> None:
    account_index, marks, features = texts(seed, accounts=20, each=24, sampled=sampled)
    kept = without_templates(account_index, marks, features)
    assert np.isin(kept, TEMPLATE).sum() < 0.1 * np.isin(features, TEMPLATE).sum()
    assert (kept[:, 8:] == features[:, 8:]).mean() > 0.99


@given(st.integers(0, 99), st.integers(1, TEMPLATE_ACCOUNTS - 1))
def test_what_too_few_accounts_begin_with_is_no_template(seed: int, accounts: int) -> None:
    account_index, marks, features = texts(seed, accounts, each=24, sampled=1.0)
    assert (without_templates(account_index, marks, features) == features).all()


def test_texts_without_marks_keep_everything() -> None:
    account_index, marks, features = texts(1, accounts=20, each=24, sampled=1.0)
    assert (without_templates(account_index, marks * 0, features) == features).all()


def test_a_template_seen_at_the_end_goes_as_well() -> None:
    account_index, marks, features = texts(2, accounts=20, each=24, sampled=1.0)
    at_the_end = np.concatenate([np.arange(1, len(account_index) + 1)[:, None], marks], axis=1)
    assert (
        without_templates(account_index, at_the_end, features) == without_templates(account_index, marks, features)
    ).all()
