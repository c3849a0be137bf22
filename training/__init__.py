"""Makes the model arrays that `stillwatch.sketch` ships, and measures them; not part of the installed package."""
