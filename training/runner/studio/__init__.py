"""Trains without code: all that reads or fits runs within the walls, scores without."""
