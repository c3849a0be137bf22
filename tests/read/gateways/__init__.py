"""Tests of the formats of gateways and of mapping files."""
