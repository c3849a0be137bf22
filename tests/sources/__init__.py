"""Tests of the sources that a watch reads."""
