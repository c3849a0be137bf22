"""Worlds with known truth: exchanges, accounts and permits as a provider would hand them in."""
