"""Looks at finished models: they are asked within the walls, sums are done here."""
