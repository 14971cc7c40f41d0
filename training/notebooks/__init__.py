"""A person's own notebooks and scripts, run on our workers within the walls.

A job is one person's. It reads datasets that they may have, and what it leaves is theirs,
under what the licences of those datasets allow.
"""
