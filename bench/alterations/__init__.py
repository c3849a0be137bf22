"""A world's log altered in hostile and in merely odd ways, each of which must find the same campaigns."""
