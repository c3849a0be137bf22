"""Tests of the lab's `worlds/population`."""
