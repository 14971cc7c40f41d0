"""The numbers that orders go by."""

import secrets

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: nothing looks alike


def new_number() -> str:
    """Return a fresh number that tells nothing of how many orders there are."""
    drawn = "".join(secrets.choice(ALPHABET) for _ in range(8))
    return f"ST-{drawn[:4]}-{drawn[4:]}"
