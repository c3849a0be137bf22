"""What tests expect to the letter, kept as files."""
