"""Watching: exchanges are taken in as they come, networks found as they form, and answers kept up to date."""
