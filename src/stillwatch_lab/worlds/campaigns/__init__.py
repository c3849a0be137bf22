"""Campaigns, the relays that carry them, and what they do to hide."""
