"""Compares Stillwatch with other libraries that do a part of its work, on the same machine and data, in one run."""
