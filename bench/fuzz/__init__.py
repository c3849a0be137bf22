"""Alters files of every format and runs them through the reader, which may refuse them and nothing else."""
