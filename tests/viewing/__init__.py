"""Datasets that become tables, by a worker."""
