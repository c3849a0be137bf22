"""Scores of a run against the truth of its world."""
