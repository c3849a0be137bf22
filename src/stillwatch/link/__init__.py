"""Accounts become networks."""
