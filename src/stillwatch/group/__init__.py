"""Exchanges of networks become candidate campaigns."""
