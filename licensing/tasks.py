"""What happens to orders, handovers and letters by itself."""

from functools import partial
from uuid import UUID

import structlog
from celery import shared_task
from django.conf import settings
from django.utils import timezone

from licensing.expiry import expire_handovers, expire_orders
from licensing.http import house, ways_of
from licensing.inbox import look_into, look_into_due
from licensing.janitor import ask_about_checkouts, ask_about_payees
from licensing.letters import send_letters
from licensing.order_letters import House, send_order_letters
from licensing.payments import processor_of
from licensing.queries.checking import faults_of_books
from licensing.sending import send_due
from licensing.services.checkouts import pay_url
from licensing.services.metering import bill_usage
from licensing.services.passing_on import pass_on_due
from licensing.services.prices import roll_prices
from licensing.services.prizes import lapse_prizes
from licensing.services.statements import keep_statement
from licensing.services.subscriptions import renew_subscriptions
from marketplace.kit.inspections import note_inspection

log = structlog.get_logger(__name__)


@shared_task(name="licensing.expire_orders")
def expire_unpaid_orders(**_from_newer_senders: object) -> list[str]:
    """Close the unpaid orders whose time is over; return their numbers."""
    return expire_orders(timezone.now())


@shared_task(name="licensing.check_books")
def check_books(**_from_newer_senders: object) -> None:
    """Read the whole ledger and say what does not agree, as `ledger_check` does."""
    faults = 0
    for fault in faults_of_books():
        faults += 1
        log.error("books_disagree", key=fault.key, words=fault.words)
    note_inspection("ledger", faults=faults, at=timezone.now())


@shared_task(name="licensing.expire_handovers")
def expire_unanswered_handovers(**_from_newer_senders: object) -> None:
    """Close the handovers that nobody answered in time."""
    expire_handovers(timezone.now())


@shared_task(name="licensing.send_letters")
def send_letters_about_recalls(**_from_newer_senders: object) -> None:
    """Write to those who built on what was recalled, or hold it."""
    send_letters(at=timezone.now(), base_url=settings.STOA.base_url)


@shared_task(name="licensing.send_order_letters")
def send_letters_about_orders(**_from_newer_senders: object) -> None:
    """Write to buyers how to pay what they ordered, and what it gave them."""
    site = settings.STOA
    house = House(
        base_url=site.base_url,
        recipient=site.operator_name,
        bank_details=site.bank_details,
        fonts=site.invoice_fonts,
        ways=ways_of,
    )
    send_order_letters(at=timezone.now(), house=house)


@shared_task(name="licensing.renew_subscriptions")
def renew_what_ends(**_from_newer_senders: object) -> list[str]:
    """Order the next period of what ends soon; return the numbers of the orders."""
    terms = house()
    return renew_subscriptions(
        timezone.now(),
        fee_bps=terms["fee_bps"],
        ahead=terms["pay_within"],
        taxes=terms["taxes"],
    )


@shared_task(name="licensing.bill_usage")
def order_what_was_used(**_from_newer_senders: object) -> list[str]:
    """Order what was used in the months that are over; return the orders' numbers."""
    return bill_usage(timezone.now(), **house())


@shared_task(name="licensing.lapse_prizes")
def pass_on_prizes_nobody_took(**_from_newer_senders: object) -> None:
    """Put out the winners who did not answer in time, and ask who comes next."""
    lapse_prizes(timezone.now())


@shared_task(name="licensing.roll_prices")
def show_prices_of_now(**_from_newer_senders: object) -> None:
    """Let lists show the prices that have come to hold."""
    roll_prices(timezone.now())


@shared_task(name="licensing.look_into")
def look_into_event(event_id: str, **_from_newer_senders: object) -> None:
    """Look up what a processor has just told us of."""
    if processor := processor_of(settings.STOA):
        look_into(UUID(event_id), processor=processor, at=timezone.now())


@shared_task(name="licensing.look_at_payments")
def look_at_payments(**_from_newer_senders: object) -> None:
    """Look into what was told, send what is to be sent, and ask about what was not told."""
    if not (processor := processor_of(settings.STOA)):
        return
    look_into_due(processor=processor, at=timezone.now())
    send_due(processor=processor, at=timezone.now())
    ask_about_payees(processor=processor, at=timezone.now())
    faults = ask_about_checkouts(
        processor=processor,
        back_url=partial(pay_url, settings.STOA.base_url),
        at=timezone.now(),
    )
    for fault in faults:
        log.warning("checkout_in_doubt", why=fault)


@shared_task(name="licensing.pass_on")
def pass_on_what_is_due(**_from_newer_senders: object) -> None:
    """Begin to send owners what they earned by cards, once it is over its hold."""
    if processor_of(settings.STOA):
        pass_on_due(
            at=timezone.now(),
            hold=settings.STOA.payout_hold,
            minimums=settings.STOA.payout_minimums,
        )


@shared_task(name="licensing.read_statement")
def read_statement_of_now(**_from_newer_senders: object) -> None:
    """Read what the processor says of the money, for operators to compare."""
    if processor := processor_of(settings.STOA):
        keep_statement(processor=processor, at=timezone.now())
