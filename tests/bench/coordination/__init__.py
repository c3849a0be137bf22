"""Tests of the bench of real coordination."""
