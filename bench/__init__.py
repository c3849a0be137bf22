"""How fast, how well, on what: one command, one table (`python -m bench`)."""
