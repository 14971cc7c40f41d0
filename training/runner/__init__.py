"""Runs strangers' models and code in the sandbox; knows no platform: no Django, no database."""
