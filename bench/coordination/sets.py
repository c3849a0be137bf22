"""The real sets by name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from bench.coordination import posts, registrations
from bench.coordination.real_set import RealSet

SETS: dict[str, Callable[[Path], RealSet]] = {
    "russian_coord_tweets": posts.russian_retweets,
    "german_elections": posts.german_elections,
    "ira_events_half0": posts.internet_research_agency,
    "ira_among_german_posts": posts.agency_among_others,
    "ephemeral_astroturfing": posts.ephemeral_astroturfing,
    "reddit_ira_2018": posts.reddit_agency,
    "cresci_purchased_spambots": registrations.bought_followers,
    "cresci_hundred_each": registrations.few_bought_followers,
    "vk_purchased_bots": registrations.rented_accounts,
    "amazon_spam_reviewers": registrations.spam_reviewers,
}
"""What reads each set from the folder of data."""
