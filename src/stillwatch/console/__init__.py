"""Pages for people: what a run found and the ledger holds, and the words that people add to it.

It is served beside the answers to programs, reads finished runs and the ledger, and runs no stage.
"""
