"""Every score on every rung: worlds of many seeds built, scanned, scored, pooled and shown in one go."""
