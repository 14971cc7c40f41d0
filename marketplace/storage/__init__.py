"""Bytes by SHA-256: written once, verified, served in ranges; it knows no meaning of them."""
