"""Questions to the tables of a dataset: rows, filters, search, selections.

Nothing here asks the database: a question is put to a `Table`, which names files. A
filter is a syntax tree; no text of a reader ever becomes part of SQL.
"""
