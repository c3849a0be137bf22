"""Tests of the sketch stage."""
