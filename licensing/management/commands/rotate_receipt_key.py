"""Makes a new key for receipts; the former ones stay, to verify what they signed."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from licensing.services import rotate_receipt_key


class Command(BaseCommand):
    help = (
        "Sign receipts with a new key from now on. Former public keys stay at "
        "/.well-known/stoa-receipt-keys.json, so that what they signed still verifies."
    )

    def handle(self, *_args: Any, **_options: Any) -> None:
        key = rotate_receipt_key(None, rotated_at=timezone.now())
        self.stdout.write(f"Receipts are signed with the key {key.pk} from now on.")
