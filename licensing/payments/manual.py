"""Bank transfers: the buyer is told where to send money, and people move it.

An operator confirms what came in (`services.confirm_transfer`), and records what they
sent back or on (`services.return_money`, `confirm_refund`, `record_payout`). It works
without a key of anybody.
"""

from dataclasses import dataclass

from licensing.payments.protocol import Asked, Due


@dataclass(frozen=True, slots=True)
class Manual:
    """The operator's bank account, as buyers are told of it."""

    recipient: str
    bank_details: str

    def ask(self, due: Due) -> Asked:
        return Asked(
            recipient=self.recipient, account=self.bank_details, reference=due.group
        )
