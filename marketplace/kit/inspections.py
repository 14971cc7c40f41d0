"""What the site's looks at itself found last, for who watches it."""

from datetime import datetime

from marketplace.kit.models import Inspection


def note_inspection(name: str, *, faults: int, at: datetime) -> None:
    """Keep how many faults a look found, in place of what the one before found.

    Args:
        name: of what was looked at, such as `ledger`.
        faults: how many things do not agree; 0 is what is owed.
        at: when it was looked at.

    Cost: one query.
    """
    Inspection.objects.bulk_create(
        [Inspection(name=name, faults=faults, looked_at=at)],
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["faults", "looked_at"],
    )
