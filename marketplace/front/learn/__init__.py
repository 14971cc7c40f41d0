"""The manual as a part of the site: lessons, guides by role, and where a reader is.

Figures are drawn from numbers of ours. Rooms to the right link lessons by slug, as text.
"""
