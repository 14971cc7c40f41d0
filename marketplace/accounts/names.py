"""What names may look like (a first cut)."""

USERNAME_VALIDATORS: list[object] = []
