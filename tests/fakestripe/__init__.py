"""Stripe as far as Stoa speaks to it, over HTTP and with a memory, for tests and trials.

The real SDK talks to it. What it takes and gives is held to the types of that SDK, so
that a new version of the SDK which changes a parameter shows at once. A control plane
does what payers, banks and Stripe itself do. `python -m tests.fakestripe --port N` runs
it by hand.
"""
