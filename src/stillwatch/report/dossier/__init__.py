"""The dossier of one campaign: a document that its reader can check, and of which every rendering says the same.

`gather` reads a run, the ledger and a price table into a `Dossier`; `chapters` writes it as blocks of text, tables and
figures; each renderer knows blocks only. What a reader may not see is left out before anything is written.
"""
