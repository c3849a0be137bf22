"""Tests of the respond stage."""
