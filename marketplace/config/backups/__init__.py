"""Backups: the database and the contents it names, of one moment, and back again.

Promise: what is restored has every row that was committed when the backup began, and the
bytes of every content that those rows name. See deploy/backups.md.
"""
