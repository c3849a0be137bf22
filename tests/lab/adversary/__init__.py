"""Tests of the adversary adversary search."""
