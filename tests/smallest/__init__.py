"""What stands on built wheels in an environment of their own; `make smallest` runs it."""
