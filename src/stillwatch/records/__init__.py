"""Frozen rows that pass between stages, and their tables: the one schema every engine creates."""

from stillwatch.records.columns import Column, Kind, Table

__all__ = ["Column", "Kind", "Table"]
