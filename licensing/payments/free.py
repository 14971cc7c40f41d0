"""Orders that cost nothing: nobody is asked for anything."""

from licensing.payments.protocol import Asked, Due


class Free:
    """The provider of orders without money; anything else is a bug in the caller."""

    def ask(self, due: Due) -> Asked:
        if due.minor:
            raise ValueError(f"{due.key} is not free: {due.minor} {due.currency}")
        return Asked()
