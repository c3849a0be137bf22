"""The benchmark of speed and quality, which prints one table (`python -m bench`)."""
