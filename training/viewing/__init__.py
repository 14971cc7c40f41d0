"""Makes tables of versions of datasets: what is to be read, by whom, and what came of it.

The tables themselves are `marketplace.viewer`'s.
"""
