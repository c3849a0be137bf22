"""Tests of calibration without truth."""
