"""Tests of the lab's `worlds/log`."""
