"""Candidate campaigns become assessed campaigns, with evidence and alternatives."""
