"""Webhooks: what happens here, told to programs elsewhere, at least once and signed."""
