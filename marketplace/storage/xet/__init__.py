"""Xet's formats, pure: hashes, xorbs (chunks packed together), shards (lists of files).

Nothing here knows Django, a database or a store: bytes in, checked values out. Whatever
a sender can get wrong is a refusal with a sentence, and nothing is read without a bound.
"""
