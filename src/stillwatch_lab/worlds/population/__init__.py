"""Everybody who is innocent: people, crowds, organisations and their jobs, and when they ask."""
