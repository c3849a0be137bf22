"""Tests of the lab's `worlds/identity`."""
