"""How accounts came in: doors and the checks at them, regions, resellers, and the letters that follow from it.

`doors` counts; `sections` writes the counts as blocks, which the console and every format of the report show alike.
"""
