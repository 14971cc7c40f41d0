"""Words agreed to: those of offers, and those of works that ask for it."""

from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext

from licensing.models import (
    Acceptance,
    AcceptedBy,
    Entitlement,
    Offer,
    OfferState,
    Party,
    Work,
)
from licensing.permissions import may_act_for, parties_of, require_acts_for
from licensing.services.offers import OfferWithdrawn
from licensing.services.works import NothingToAccept
from marketplace.accounts.models import User
from marketplace.kit.audit import record_act
from marketplace.kit.errors import DomainError


class TermsChanged(DomainError):
    code = "terms_changed"


@dataclass(frozen=True, slots=True)
class Circumstances:
    """How somebody came to agree: what the record holds besides the words.

    Attributes:
        method: how they said so.
        shown_at: when the words were shown; None for the moment they were accepted.
        ip_address: from where, if known.
        user_agent: with what; cut to 300 characters.
    """

    method: AcceptedBy = AcceptedBy.PAGE
    shown_at: datetime | None = None
    ip_address: str | None = None
    user_agent: str = ""

    def kept(self, accepted_at: datetime) -> dict[str, object]:
        return {
            "accepted_at": accepted_at,
            "shown_at": min(self.shown_at or accepted_at, accepted_at),
            "method": self.method,
            "ip_address": self.ip_address,
            "user_agent": self.user_agent[:300],
        }


@transaction.atomic
def accept_terms(
    user: User,
    *,
    offer: Offer,
    accepted_at: datetime,
    how: Circumstances | None = None,
    holder: Party | None = None,
    shown_sha256: str | None = None,
    shown_terms_sha256: str | None = None,
) -> Acceptance:
    """Record that a person agrees to an offer's words; twice is once.

    Args:
        user: who agrees.
        offer: whose terms, as they stand now.
        accepted_at: when.
        how: the circumstances.
        holder: for which organisation too, if they act for one.
        shown_sha256: the digest of the licence's text that the person was shown, if the
            edge knows it.
        shown_terms_sha256: that of what the offer adds to it, empty if it adds nothing.

    Raises:
        PermissionDenied: `user` does not act for `holder`.
        OfferWithdrawn: it is not open and the person holds nothing of it.
        TermsChanged: other words were shown to them.
    """
    offer = Offer.objects.select_related("terms").get(pk=offer.pk)
    held = Entitlement.objects.filter(
        offer=offer, holder__in=parties_of(user).values("pk"), revoked_at__isnull=True
    )
    if offer.state != OfferState.LIVE and not held.exists():
        raise OfferWithdrawn(
            gettext("This offer is not open; see the work for others.")
        )
    terms = offer.terms
    _refuse_other_words("licence_sha256", shown_sha256, terms.licence_text_id)
    _refuse_other_words("terms_sha256", shown_terms_sha256, terms.terms_text_id or "")
    acceptance, is_new = Acceptance.objects.get_or_create(
        user=user,
        offer_version=terms,
        holder=_organisation(user, holder),
        defaults={
            "licence_text_id": terms.licence_text_id,
            "terms_text_id": terms.terms_text_id,
            **(how or Circumstances()).kept(accepted_at),
        },
    )
    if is_new:
        record_act(
            user,
            "accept_terms",
            offer,
            at=accepted_at,
            licence_sha256=terms.licence_text_id,
        )
    return acceptance


@transaction.atomic
def accept_licence(
    user: User,
    *,
    work: Work,
    shown_sha256: str,
    accepted_at: datetime,
    how: Circumstances | None = None,
    holder: Party | None = None,
) -> Acceptance:
    """Record that a person agrees to the licence a work is under; twice is once.

    Args:
        user: who agrees; somebody who may know of the work.
        work: what they want to take.
        shown_sha256: the digest of the text they were shown.
        accepted_at: when.
        how: the circumstances.
        holder: for which organisation too, if they act for one.

    Raises:
        PermissionDenied: `user` does not act for `holder`.
        NothingToAccept: the work is under no licence.
        TermsChanged: another text was shown to them.
    """
    licence = Work.objects.select_related("licence").get(pk=work.pk).licence
    if licence is None:
        raise NothingToAccept(
            gettext("“%(work)s” is under no licence that could be accepted.")
            % {"work": work}
        )
    _refuse_other_words("licence_sha256", shown_sha256, licence.text_id)
    acceptance, is_new = Acceptance.objects.get_or_create(
        user=user,
        work=work,
        licence_text_id=licence.text_id,
        holder=_organisation(user, holder),
        defaults=(how or Circumstances()).kept(accepted_at),
    )
    if is_new:
        record_act(
            user,
            "accept_licence",
            work,
            at=accepted_at,
            licence=licence.pk,
            licence_sha256=licence.text_id,
        )
    return acceptance


@transaction.atomic
def ask_acceptance(
    actor: User, *, work: Work, asks: bool, changed_at: datetime
) -> Work:
    """Have everyone accept a work's licence before they take it, or nobody any more.

    Raises:
        PermissionDenied: `actor` does not act for the owner.
        NothingToAccept: the work is under no licence.
    """
    require_acts_for(actor, work.owner)
    work = Work.objects.select_for_update(of=("self",)).get(pk=work.pk)
    if asks and work.licence_id is None:
        raise NothingToAccept(
            gettext(
                "Put the work under a licence first: there is no text that anybody could "
                "accept."
            )
        )
    if work.asks_acceptance != asks:
        work.asks_acceptance = asks
        work.save(update_fields=["asks_acceptance"])
        record_act(actor, "ask_acceptance", work, at=changed_at, asks=asks)
    return work


def _refuse_other_words(field: str, shown: str | None, current: str) -> None:
    if shown is not None and shown != current:
        raise TermsChanged(
            gettext(
                "%(field)s: the terms are not those you were shown. Read them again "
                "and accept them."
            )
            % {"field": field},
            **{field: current},
        )


def _organisation(user: User, holder: Party | None) -> Party | None:
    """Return the organisation they agree for; for themselves they agree anyway."""
    if holder is None or holder.user_id == user.pk:
        return None
    if not may_act_for(user, holder):
        raise PermissionDenied(f"You do not accept terms for {holder}.")
    return holder
