"""Tests of seals, logs and their proofs."""
