"""How well and how fast holders are held against screening lists, on names that a recipe makes."""
