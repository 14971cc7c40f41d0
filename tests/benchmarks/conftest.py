"""Installations of the storage's tests, to be measured."""

from tests.storage.conftest import files, installed

__all__ = ["files", "installed"]
