"""Tests of the lab's `leakage`."""
