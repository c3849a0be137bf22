"""Tests of the group stage."""
