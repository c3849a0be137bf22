"""Stillwatch finds accounts run through one hand that jointly extract a language model's capabilities."""

from stillwatch.compiled_code import choose_folder

__version__ = "0.1.0"

choose_folder(__version__)
