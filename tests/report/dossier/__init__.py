"""Tests of dossiers: what they state, for whom, in which form."""
