"""Stillwatch finds accounts run through one hand that jointly extract a language model's capabilities."""

__version__ = "0.1.0"
