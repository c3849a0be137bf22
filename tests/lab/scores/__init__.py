"""Tests of the lab's `scores`."""
