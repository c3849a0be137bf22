"""Tests of how accounts came in."""
