"""Which rows can be used, why others cannot, and how their values become the contract's types."""
