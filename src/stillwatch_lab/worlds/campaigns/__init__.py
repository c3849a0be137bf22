"""Campaigns, the handover of their traffic between accounts, and their evasions."""
