"""Repositories of datasets and models: immutable commits, cards, visibility, search."""
