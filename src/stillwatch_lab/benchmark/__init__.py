"""Every score on every profile: worlds of many seeds built, scanned, scored, pooled and shown in one go."""
