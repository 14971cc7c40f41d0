from typing import Any

from django.core.management.base import BaseCommand, CommandError

from licensing.models import Entry, Order
from licensing.queries.checking import faults_of_books


class Command(BaseCommand):
    help = (
        "Check that the ledger balances and agrees with orders, refunds, disputes and "
        "payouts; print what does not agree by the key that names it, and exit with 1."
    )

    def handle(self, *_args: Any, **_options: Any) -> None:
        wrong = 0
        for fault in faults_of_books():
            wrong += 1
            self.stderr.write(f"{fault.key}: {fault.words}")
        entries, orders = Entry.objects.count(), Order.objects.count()
        self.stdout.write(f"{entries} entries and {orders} orders checked.")
        if wrong:
            raise CommandError(
                f"{wrong} {'thing does' if wrong == 1 else 'things do'} not agree.",
                returncode=1,
            )
        self.stdout.write("The books agree.")
