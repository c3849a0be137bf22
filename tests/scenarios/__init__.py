"""Whole runs of the line, looked at from outside."""
