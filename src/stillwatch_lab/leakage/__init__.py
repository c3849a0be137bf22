"""The leakage check: it finds columns that reveal a simulated campaign by mistake, which would flatter any detector."""
