"""Tests of the lab's `worlds/innocents`."""
