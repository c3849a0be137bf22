"""Columns that give a simulated campaign away without meaning to: they would flatter any detector."""
