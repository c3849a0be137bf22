"""What a run found becomes documents that a person reads."""
