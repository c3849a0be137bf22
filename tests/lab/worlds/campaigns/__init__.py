"""Tests of the lab's `worlds/campaigns`."""
