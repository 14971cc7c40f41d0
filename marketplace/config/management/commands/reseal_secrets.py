"""Puts what lies sealed in the database under the secret key of now."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from licensing.services import reseal_receipt_key
from licensing.services.receipt_keys import ReceiptKeyLost
from marketplace.accounts.services import reseal_factors


class Command(BaseCommand):
    help = (
        "Seal second factors and the key for receipts with the secret key of now, so "
        "that the former one is not needed for them. Every process has been restarted "
        "with the new key before."
    )

    def handle(self, *_args: Any, **_options: Any) -> None:
        done, lost = reseal_factors()
        faults = [f"{lost} second factors open under no key."] if lost else []
        try:
            is_resealed = reseal_receipt_key()
        except ReceiptKeyLost as fault:
            is_resealed = False
            faults.append(str(fault))
        self.stdout.write(
            f"Sealed anew: {done} second factors, {int(is_resealed)} keys for receipts."
        )
        if faults:
            raise CommandError(" ".join(faults))
