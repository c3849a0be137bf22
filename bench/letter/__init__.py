"""The letter's own size: a world of 2.5 million accounts written as sketches, scanned, timed and scored."""
