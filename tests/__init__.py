"""Tests of Stillwatch; folders mirror the source, and scenarios run the whole line."""
