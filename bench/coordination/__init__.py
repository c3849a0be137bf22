"""Real coordinated accounts, as logs: how much of one operator is linked, and at how many strangers."""
