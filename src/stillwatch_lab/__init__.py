"""Worlds with known truth, and scores against it; imported by nothing but the command line."""
