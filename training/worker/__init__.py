"""A host's own worker: one command with an address and a token; no broker, no database.

It asks the site for work, runs it in this machine's sandbox and brings the scores back.
"""
