"""Screening: spellings, lists, holders, matches, and what waits for people."""
