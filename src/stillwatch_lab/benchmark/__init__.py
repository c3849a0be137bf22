"""The benchmark: builds, scans and scores worlds of many seeds, pools the scores and shows them."""
