"""Ranks and tie groups: rows in, an order out. Pure."""
