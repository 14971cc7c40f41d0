"""Offers: drafted by an owner, live once every rights holder has agreed."""

from datetime import datetime
from uuid import uuid4

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.validators import validate_slug
from django.db import IntegrityError, transaction
from django.utils.translation import gettext

from licensing import terms
from licensing.conditions import Conditions
from licensing.freemium import Freemium
from licensing.lineage import holder_parties, holders_of
from licensing.models import (
    Offer,
    OfferConsent,
    OfferState,
    Party,
    Work,
)
from licensing.permissions import ACTING, parties_of, require_acts_for
from licensing.services.asking import ONCE, Asking, check_asking
from licensing.services.letters import ask_about_offer
from licensing.services.offer_terms import (
    OfferTerms,
    PrivateTo,
    require_settled,
    write_terms,
)
from licensing.services.price_checks import LARGEST_PRICE, check_policy, check_price
from licensing.services.prices import (
    begin_policy,
    price_to_judge,
    write_policy,
    write_price,
)
from licensing.terms import Stance
from marketplace.accounts.models import User
from marketplace.kit.audit import record_act
from marketplace.kit.errors import DomainError, Malformed

MOST_VERSIONS = 1_000


class OfferCodeTaken(DomainError):
    code = "offer_code_taken"


class OfferWithdrawn(DomainError):
    code = "offer_withdrawn"


class ConsentNotYours(PermissionDenied):
    """The offer does not ask for this person's agreement."""


@transaction.atomic
def draft_offer(  # noqa: PLR0913  an offer is made of this many facts
    actor: User,
    *,
    work: Work,
    code: str,
    title: str,
    audience: str,
    licence_id: str,
    price_minor: int,
    currency: str,
    drafted_at: datetime,
    summary: str = "",
    decision: str = "",
    conditions: Conditions | None = None,
    private_to: PrivateTo | None = None,
    freemium: Freemium | None = None,
    asking: Asking = ONCE,
) -> Offer:
    """Write an offer; it goes live once every rights holder has agreed to it.

    Who drafts it agrees for those they act for, so a sole owner's is live at once.

    Args:
        actor: someone who acts for the owner.
        work: what is offered.
        code: a slug, once per work.
        title: for people.
        audience: one of `Audience`.
        licence_id: a licence that we hold facts on, or terms the owner declared.
        price_minor: minor units; 0 is free. With `freemium`, what it costs in the end.
        currency: ISO 4217.
        drafted_at: when.
        summary: what else to say, for people.
        decision: why it is right to go on where the law is not settled; see Raises.
        conditions: what is said beside the licence; nothing, if absent.
        private_to: whom alone it is offered to; everybody, if absent.
        freemium: what is free at first or for its age, as everyone may read it.
        asking: how the price is meant: paid once, if absent.

    Raises:
        PermissionDenied: `actor` does not act for the owner.
        Malformed: the message names the field.
        UnknownLicence: we hold no facts on the licence.
        LicenceConflict: a source's licence, or this one, forbids it; the message names
            the clause.
        DecisionNeeded: the law is not settled, or what is given free cannot be taken
            back, and `decision` is empty.
        OfferCodeTaken: the work has an offer of this code.
    """
    require_acts_for(actor, work.owner)
    _check_code(code)
    check_price(price_minor, currency)
    check_asking(
        asking,
        price_minor=price_minor,
        largest_minor=LARGEST_PRICE,
        term_days=conditions.term_days if conditions else None,
        has_policy=freemium is not None,
    )
    if freemium is not None:
        check_policy(freemium, then_minor=price_minor, at=drafted_at)
    said = OfferTerms(
        title=title,
        audience=audience,
        licence_id=licence_id,
        summary=summary,
        decision=decision,
        conditions=conditions or Conditions(),
        private_to=private_to,
    )
    offer = Offer(
        work=work, code=code, drafted_at=drafted_at, terms_id=uuid4(), price_id=uuid4()
    )
    try:
        with transaction.atomic():
            offer.save(force_insert=True)
    except IntegrityError as clash:
        raise OfferCodeTaken(
            gettext("code: this work has an offer “%(code)s”; choose another code.")
            % {"code": code}
        ) from clash
    version = write_terms(
        actor,
        work=work,
        offer_id=offer.pk,
        pk=offer.terms_id,
        number=1,
        said=said,
        price_minor=asking.judged_minor(price_minor),
        gives_free=asking.gives_free(price_minor)
        or (freemium is not None and freemium.gives_free),
        at=drafted_at,
    )
    begins_free = freemium is not None and freemium.begins_free
    write_price(
        offer,
        pk=offer.price_id,
        minor=0 if begins_free else price_minor,
        currency=currency,
        valid_from=drafted_at,
        asking=asking,
    )
    if freemium is not None:
        write_policy(
            actor,
            offer=offer,
            said=freemium,
            then_minor=price_minor,
            currency=currency,
            announced_at=drafted_at,
        )
    record_act(
        actor,
        "draft_offer",
        offer,
        at=drafted_at,
        licence=version.licence_id,
        price_minor=price_minor,
        currency=currency,
        decision=version.decision,
    )
    offer = _consent(actor, offer, drafted_at)
    if offer.state == OfferState.DRAFT:
        awaited = [party.pk for party in missing_consents(offer)]
        ask_about_offer(offer, awaited=awaited, by=actor, at=drafted_at)
    return offer


@transaction.atomic
def revise_offer(
    actor: User, *, offer: Offer, said: OfferTerms, revised_at: datetime
) -> Offer:
    """Write new terms of an offer; they hold once every rights holder has agreed.

    Until then the offer stays open on the terms it has. Orders and entitlements keep the
    version they took for good.

    Args:
        actor: someone who acts for the owner; they agree for those they act for.
        offer: not withdrawn.
        said: the whole of the new terms.
        revised_at: when.

    Raises:
        PermissionDenied: `actor` does not act for the owner.
        OfferWithdrawn: it was withdrawn.
        Malformed, UnknownLicence, LicenceConflict, DecisionNeeded: see `draft_offer`.
    """
    offer = locked_offer(offer)
    require_acts_for(actor, offer.work.owner)
    refuse_withdrawn(offer)
    number = offer.versions.count() + 1
    if number > MOST_VERSIONS:
        raise Malformed(
            gettext("terms: these have had too many versions; draft another offer.")
        )
    price_minor, gives_free = price_to_judge(offer)
    if offer.price.period and said.conditions.term_days:
        raise Malformed(
            gettext("term_days: leave it empty; it lasts as long as it is paid for.")
        )
    version = write_terms(
        actor,
        work=offer.work,
        offer_id=offer.pk,
        pk=uuid4(),
        number=number,
        said=said,
        price_minor=price_minor,
        gives_free=gives_free,
        at=revised_at,
    )
    if offer.state == OfferState.DRAFT:
        offer.terms = version
    else:
        offer.proposed = version
    offer.save(update_fields=["terms", "proposed"])
    record_act(
        actor,
        "revise_offer",
        offer,
        at=revised_at,
        number=number,
        licence=version.licence_id,
        decision=version.decision,
    )
    offer = _consent(actor, offer, revised_at)
    if offer.state == OfferState.DRAFT or offer.proposed is not None:
        awaited = [party.pk for party in missing_consents(offer)]
        ask_about_offer(offer, awaited=awaited, by=actor, at=revised_at)
    return offer


@transaction.atomic
def accept_offer(actor: User, *, offer: Offer, accepted_at: datetime) -> Offer:
    """Agree to an offer for every rights holder that `actor` acts for; twice is once.

    Where new terms of it are proposed, it is those that are agreed to.

    Raises:
        ConsentNotYours: `actor` acts for none of them.
        OfferWithdrawn: it was withdrawn.
        LicenceConflict: the sources have come to forbid it since it was drafted.
        DecisionNeeded: the law on a source recorded since is not settled.
    """
    offer = locked_offer(offer)
    refuse_withdrawn(offer)
    record_act(actor, "accept_offer", offer, at=accepted_at)
    return _consent(actor, offer, accepted_at)


@transaction.atomic
def withdraw_offer(actor: User, *, offer: Offer, withdrawn_at: datetime) -> Offer:
    """Close an offer to new orders; any rights holder may. What was granted stays.

    Raises:
        PermissionDenied: `actor` acts for no rights holder.
    """
    offer = locked_offer(offer)
    concerned = holders_of([offer.work_id])[offer.work_id]
    if not parties_of(actor, roles=ACTING).filter(pk__in=concerned).exists():
        raise PermissionDenied("Only a rights holder may withdraw an offer.")
    if offer.state == OfferState.WITHDRAWN:
        return offer
    offer.state, offer.withdrawn_at = OfferState.WITHDRAWN, withdrawn_at
    offer.proposed = None
    offer.save(update_fields=["state", "withdrawn_at", "proposed"])
    record_act(actor, "withdraw_offer", offer, at=withdrawn_at)
    return offer


def missing_consents(offer: Offer) -> list[Party]:
    """Return the rights holders who have not agreed to the terms asked of them, by name."""
    agreed = set(offer.asked.consents.values_list("party_id", flat=True))
    return [party for party in holder_parties(offer.work) if party.pk not in agreed]


def _consent(actor: User, offer: Offer, at: datetime) -> Offer:
    holders = holders_of([offer.work_id])[offer.work_id]
    mine = list(parties_of(actor, roles=ACTING).filter(pk__in=holders))
    if not mine:
        raise ConsentNotYours("This offer does not ask for your agreement.")
    for party in mine:
        OfferConsent.objects.get_or_create(
            offer_version_id=offer.proposed_id or offer.terms_id,
            party=party,
            defaults={"consented_by": actor, "consented_at": at},
        )
    offer = locked_offer(offer)
    missing = [party.name for party in missing_consents(offer)]
    agreed = terms.owner_offer(missing_consents=missing).stance is Stance.ALLOW
    is_waiting = offer.state == OfferState.DRAFT or offer.proposed is not None
    if is_waiting and agreed:
        price_minor, gives_free = price_to_judge(offer)
        require_settled(
            offer.work,
            version=offer.asked,
            price_minor=price_minor,
            gives_free=gives_free,
        )
        goes_live = offer.state == OfferState.DRAFT
        offer.terms, offer.proposed = offer.asked, None
        offer.state, offer.live_from = OfferState.LIVE, offer.live_from or at
        offer.save(update_fields=["state", "live_from", "terms", "proposed"])
        if goes_live:
            begin_policy(offer)
    return offer


def refuse_withdrawn(offer: Offer) -> None:
    """Return unless an offer was withdrawn.

    Raises:
        OfferWithdrawn: it was.
    """
    if offer.state == OfferState.WITHDRAWN:
        raise OfferWithdrawn(gettext("This offer was withdrawn; draft another."))


def locked_offer(offer: Offer) -> Offer:
    """Return an offer as it stands, held so that nobody else changes it.

    It is locked first and read then, as `orderable.read_orderable` says why.
    """
    Offer.objects.select_for_update().values_list("pk").get(pk=offer.pk)
    return Offer.objects.select_related(
        "work__owner", "terms__licence", "proposed__licence", "price"
    ).get(pk=offer.pk)


def _check_code(code: str) -> None:
    try:
        validate_slug(code)
    except ValidationError as fault:
        raise Malformed(
            gettext("code: use letters, digits, hyphens and underscores.")
        ) from fault
    if len(code) > 50:
        raise Malformed(gettext("code: give at most 50 characters."))
