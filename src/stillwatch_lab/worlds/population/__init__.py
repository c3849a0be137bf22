"""People, their registrations and places, the relays, and the times of exchanges."""
