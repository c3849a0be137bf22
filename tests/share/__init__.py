"""What leaves, and what comes."""
