"""Submissions of every kind: those that score, and those that are told why not."""
