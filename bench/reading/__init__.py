"""How fast logs of every format are read, how much memory that takes, and what becomes of odd files."""
