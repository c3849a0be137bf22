"""The reference case at full size: a world of 2.5 million accounts written as sketches, scanned, timed and scored."""
