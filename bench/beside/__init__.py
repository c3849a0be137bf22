"""Stillwatch beside other libraries that do a part of its work, on one machine, the same data, in one run."""
