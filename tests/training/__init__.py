"""Tests of what is fitted before it is shipped."""
