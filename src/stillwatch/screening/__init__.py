"""Names of holders held against screening lists. It reads no ledger and causes nothing: what it finds, people judge."""
