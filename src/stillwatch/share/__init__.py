"""What was found is told to other providers and to authorities: technical values, and nothing of customers.

`allowed` says what may leave, `gather` takes it from a run, `stix` writes it as STIX 2.1, `sharing` reads whom a
provider shares with, `intake` weighs what partners tell.
"""
