"""Tests of the adversary drill."""
