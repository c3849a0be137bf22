"""Watching, measured: how fast exchanges are taken in, what an epoch costs, and how much leaks before an answer."""
