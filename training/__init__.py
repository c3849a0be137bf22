"""Makes and measures the model arrays of `stillwatch.sketch`; this code is not part of the installed package."""
