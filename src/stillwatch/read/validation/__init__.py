"""Converts stored values to the contract's types, and finds the rows that cannot be used, each with a reason."""
