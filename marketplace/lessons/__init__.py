"""What members answered in lessons, so that they find where they were.

The lessons themselves are pages of `front`; here they are names.
"""
