"""Bytes by SHA-256: kept once, verified, served in ranges; not what they mean."""
