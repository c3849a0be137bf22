"""Tests of the assess stage."""
