"""Baselines: each recovers what it was published to find, and agrees with a trusted library where there is one."""
