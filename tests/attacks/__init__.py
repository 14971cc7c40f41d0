"""Attacks on the sandbox, each seen to succeed without it."""
