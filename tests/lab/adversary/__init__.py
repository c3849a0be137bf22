"""Tests of the adversary search."""
