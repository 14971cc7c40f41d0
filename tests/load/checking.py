"""What the site said it had taken, looked for in its tables."""

from collections import Counter

from licensing.models import Order, Payment
from licensing.models.orders import SETTLED_STATES
from training.contests.models import Attempt, Submission


def lost_of(taken: dict[str, list[str]]) -> list[str]:
    """Return what was taken and is not there, or is there twice, in words.

    Args:
        taken: what was answered as taken, by kind: ids of submissions, numbers of orders
            that were placed, and of those that were paid.
    """
    handed_in = set(taken["submission"])
    found = Submission.objects.filter(pk__in=handed_in).values_list("pk", flat=True)
    there = {str(pk) for pk in found}
    orders = dict(Order.objects.values_list("number", "state"))
    payments = Counter(Payment.objects.values_list("order__number", flat=True))
    attempts = Counter(
        str(pk)
        for pk in Attempt.objects.filter(submission__in=handed_in).values_list(
            "submission", flat=True
        )
    )
    counted = {
        "submissions": len(handed_in - there),
        "submissions without one attempt": sum(
            attempts[each] != 1 for each in handed_in & there
        ),
        "orders": sum(number not in orders for number in taken["order"]),
        "paid orders that are not settled": sum(
            orders.get(number) not in SETTLED_STATES for number in taken["paid"]
        ),
        "orders without one payment": sum(
            payments[number] != 1 for number in taken["paid"]
        ),
    }
    return [f"{count} {what}" for what, count in counted.items() if count]
