"""Every dataset as tables: rows to page through, columns counted, files to take.

What makes tables of a version's files is `training.viewing`; here lie the tables.
"""
