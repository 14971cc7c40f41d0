"""Orders that the site makes by itself, on the terms that somebody ordered on before."""

from datetime import datetime

from django.utils import timezone

from licensing.models import LetterKind, Order, OrderLine, OrderState, ShareSet
from licensing.services.letters import promise_letters
from licensing.services.numbers import new_number
from licensing.totals import Taxes, totals_of


def order_again(
    first: OrderLine,
    *,
    price_minor: int,
    placed_at: datetime,
    expires_at: datetime,
    fee_bps: int,
    taxes: Taxes,
) -> OrderLine:
    """Place an order of one line like another, and promise its letter; return the line.

    Args:
        first: with its `order`, `price_version` and `offer_version.offer.work`. Its
            version of the terms, its acceptance, its buyer and where they are taxed hold
            for the new one; the shares and rates are those of now.
        price_minor: of the whole line, above zero.
        placed_at: when.
        expires_at: how long it waits for money.
        fee_bps: the platform's part now.
        taxes: the operator's rates of now.

    Cost: four queries.
    """
    before, work = first.order, first.offer_version.offer.work
    totals = totals_of([price_minor], tax=taxes.of(before.tax_country), fee_bps=fee_bps)
    (sums,) = totals.lines
    order = Order.objects.create(
        number=new_number(),
        buyer_id=before.buyer_id,
        holder_id=before.holder_id,
        state=OrderState.AWAITING_PAYMENT,
        currency=before.currency,
        **totals.kept,
        vat_id=before.vat_id,
        fee_bps=fee_bps,
        placed_at=placed_at,
        expires_at=expires_at,
    )
    promise_letters([order], kind=LetterKind.PLACED, due_at=placed_at)
    return OrderLine.objects.create(
        order=order,
        position=1,
        offer_version_id=first.offer_version_id,
        price_version=first.price_version,
        share_set=ShareSet.objects.get(
            work=work, active_from__isnull=False, closed_at__isnull=True
        ),
        acceptance_id=first.acceptance_id,
        work_title=work.title,
        offer_title=first.offer_title,
        quantity=first.quantity,
        price_minor=sums.price_minor,
        tax_minor=sums.tax_minor,
        fee_minor=sums.fee_minor,
    )


def span_of(line: OrderLine) -> str:
    """Return for which days, or for how much use, a line is paid; nothing for others.

    Args:
        line: with its `order`, `period` and `usage`, as far as there are such.
    """
    if period := getattr(line, "period", None):
        days = period.when_paid(line.order.closed_at or period.starts_at)
        return " to ".join(f"{timezone.localdate(at):%-d %B %Y}" for at in days)
    if usage := getattr(line, "usage", None):
        return f"{usage.requests:,} files in {usage.month:%B %Y}"
    return ""
