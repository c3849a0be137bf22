"""Signed statements of what a dossier rests on, and a log of them in which nothing can be changed unseen.

`seal` signs which bytes a dossier, its run and its inputs had, and everything that was found and decided, as entries of
a Merkle tree. `check` says of each part whether it is still the same. Both work offline, on bytes alone.
"""
