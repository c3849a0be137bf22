"""Tests of the letter's benchmark."""
