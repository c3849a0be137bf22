"""The reference case at full size: a world of 2.5 million accounts is written as sketches, scanned and scored."""
