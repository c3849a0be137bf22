"""Tests of the lab's `worlds/text`."""
