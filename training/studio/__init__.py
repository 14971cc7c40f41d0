"""Training without code: from a table to a model that is judged once and can be kept.

A project is one person's. What it takes in may be a dataset of others that they may
have; what it makes is theirs, under what the dataset's licence allows.
"""
