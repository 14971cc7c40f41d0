"""What a namespace takes of the site's machines, what that costs, and its budget.

Rooms above say what was used; what it is priced at, and charged, is decided here.
"""
