"""A run beside the truth of its world."""
