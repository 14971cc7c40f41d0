"""Runs strangers' models and code in the sandbox; knows no platform and no database."""
