"""Report cards of models: what was measured, what follows, and what may be put to use.

A report is of the bytes of a model. Where these stand in a repository, whoever sees it
sees the report; versions with other bytes are unchecked.
"""
