"""Owners as a processor knows them: an account is opened, told about, and looked at."""

from datetime import datetime

from django.db import transaction

from licensing.models import Party, Payee, PaymentProvider
from licensing.payments.processor import Processor, SeenAccount
from licensing.permissions import require_acts_for
from marketplace.accounts.models import User
from marketplace.kit.audit import record_act


def begin_onboarding(
    actor: User,
    *,
    party: Party,
    processor: Processor,
    list_url: str,
    begun_at: datetime,
) -> str:
    """Return where a party tells the processor what it asks; begin or go on.

    Args:
        actor: acts for the party.
        party: who is to be paid.
        processor: by whom.
        list_url: where the browser comes back to.
        begun_at: now.

    Raises:
        PermissionDenied: `actor` does not act for `party`.
        ProviderSilent: the processor did not answer; asking again is safe.
        ProviderRefused: it opens no account for them.
    """
    require_acts_for(actor, party)
    payee = _opened(actor, party, processor, begun_at)
    return processor.onboarding_url(
        payee.account, back_url=list_url, again_url=list_url
    )


def _opened(
    actor: User, party: Party, processor: Processor, begun_at: datetime
) -> Payee:
    with transaction.atomic():
        payee, is_new = Payee.objects.get_or_create(
            party=party,
            provider=PaymentProvider.STRIPE,
            defaults={"begun_at": begun_at, "asked_at": begun_at},
        )
        if is_new:
            record_act(actor, "begin_onboarding", party, at=begun_at)
    if payee.account:
        return payee
    email = party.user.email if party.user else ""
    seen = processor.open_account(key=f"payee:{payee.pk}", email=email)
    return record_account(payee, seen=seen, at=begun_at)


@transaction.atomic
def record_account(payee: Payee, *, seen: SeenAccount, at: datetime) -> Payee:
    """Bring a payee to where the processor sees it. The same again changes nothing."""
    payee = Payee.objects.select_for_update(of=("self",)).get(pk=payee.pk)
    was_payable = payee.is_payable
    payee.account = payee.account or seen.account
    payee.is_payable = seen.is_payable
    payee.has_told_all = seen.has_told_all
    payee.missing = list(seen.missing)
    payee.refused_for = seen.refused_for
    payee.asked_at = at
    payee.save(
        update_fields=[
            "account",
            "is_payable",
            "has_told_all",
            "missing",
            "refused_for",
            "asked_at",
        ]
    )
    if was_payable != payee.is_payable:
        act = "become_payable" if payee.is_payable else "lose_payable"
        record_act(None, act, payee.party, at=at)
    return payee


def refresh_payee(payee: Payee, *, processor: Processor, at: datetime) -> Payee:
    """Ask the processor how a payee stands.

    Raises:
        ProviderSilent: it did not answer.
    """
    return record_account(payee, seen=processor.account(payee.account), at=at)
