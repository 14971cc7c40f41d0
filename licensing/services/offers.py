"""Offers: drafted by an owner, live once every rights holder has agreed."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID, uuid4

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.validators import validate_slug
from django.db import IntegrityError, transaction

from licensing import terms
from licensing.book import book_for
from licensing.expressions import UnknownLicence
from licensing.licence_facts import TABLE
from licensing.lineage import Weighed, holder_parties, holders_of, judge, weigh
from licensing.models import (
    Audience,
    Gate,
    Licence,
    Offer,
    OfferConsent,
    OfferState,
    OfferVersion,
    Party,
    PriceKind,
    PriceVersion,
    Work,
)
from licensing.money import CURRENCIES
from licensing.offer_words import words_of
from licensing.permissions import ACTING, parties_of, require_acts_for
from licensing.services.decisions import (
    decided,
    kept_free,
    refuse_conflict,
    undecided,
)
from licensing.services.declared import require_own
from licensing.services.letters import ask_about_offer
from licensing.services.licences import keep_text, licence_row
from licensing.terms import Outlet, Stance, Verdict
from marketplace.accounts.models import User
from marketplace.kit.audit import record_act
from marketplace.kit.errors import DomainError, Malformed

LARGEST_PRICE = 10**12


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
        price_minor: minor units; 0 is free.
        currency: ISO 4217.
        drafted_at: when.
        summary: what else to say, for people.
        decision: why it is right to go on where the law is not settled; see Raises.

    Raises:
        PermissionDenied: `actor` does not act for the owner.
        Malformed: the message names the field.
        UnknownLicence: we hold no facts on the licence.
        LicenceConflict: a source's licence forbids it; the message names the clause.
        DecisionNeeded: the law is not settled and `decision` is empty.
        OfferCodeTaken: the work has an offer of this code.
    """
    require_acts_for(actor, work.owner)
    _check(code, title, audience, price_minor, currency)
    licence = licence_row(licence_id, field="licence")
    require_own(licence.pk, owner=work.owner)
    if licence.pk not in book_for([licence.pk]):
        raise UnknownLicence(
            f"licence: we hold no facts on {licence.pk}, so it cannot be offered here. "
            "Choose a licence that was read, or declare terms of your own."
        )
    verdict = verdict_on(work, licence=licence, price_minor=price_minor)
    decision = _decided(work, verdict, licence, decision, price_minor=price_minor)

    offer = Offer(
        work=work, code=code, drafted_at=drafted_at, terms_id=uuid4(), price_id=uuid4()
    )
    try:
        with transaction.atomic():
            offer.save(force_insert=True)
    except IntegrityError as clash:
        raise OfferCodeTaken(
            f"code: this work has an offer “{code}”; choose another code."
        ) from clash
    words = words_of(audience=audience)
    OfferVersion.objects.create(
        id=offer.terms_id,
        offer=offer,
        number=1,
        title=title,
        summary=summary,
        audience=audience,
        licence=licence,
        licence_text=licence.text,
        terms_text=keep_text(words) if words else None,
        gate=Gate[verdict.stance.name],
        gate_table=TABLE,
        duties=sorted(verdict.duties),
        reasons=verdict.told(),
        decision=decision,
        written_by=actor,
        written_at=drafted_at,
    )
    _write_price(offer, offer.price_id, 1, price_minor, currency, drafted_at)
    record_act(
        actor,
        "draft_offer",
        offer,
        at=drafted_at,
        licence=licence.pk,
        price_minor=price_minor,
        currency=currency,
        decision=decision,
    )
    offer = _consent(actor, offer, drafted_at)
    if offer.state == OfferState.DRAFT:
        awaited = [party.pk for party in missing_consents(offer)]
        ask_about_offer(offer, awaited=awaited, by=actor, at=drafted_at)
    return offer


@transaction.atomic
def accept_offer(actor: User, *, offer: Offer, accepted_at: datetime) -> Offer:
    """Agree to an offer for every rights holder that `actor` acts for; twice is once.

    Raises:
        ConsentNotYours: `actor` acts for none of them.
        OfferWithdrawn: it was withdrawn.
        LicenceConflict: the sources have come to forbid it since it was drafted.
        DecisionNeeded: the law on a source recorded since is not settled.
    """
    offer = _locked(offer)
    if offer.state == OfferState.WITHDRAWN:
        raise OfferWithdrawn("This offer was withdrawn; draft another.")
    record_act(actor, "accept_offer", offer, at=accepted_at)
    return _consent(actor, offer, accepted_at)


@transaction.atomic
def change_price(
    actor: User,
    *,
    offer: Offer,
    price_minor: int,
    currency: str,
    changed_at: datetime,
) -> Offer:
    """Change what an offer costs from now on; orders keep the price they have.

    Raises:
        PermissionDenied: others hold rights in the work; withdraw the offer and draft
            another, which they can agree to.
        Malformed: the message names the field.
        OfferWithdrawn: it was withdrawn.
        LicenceConflict: it may not be sold; the message names the clause.
        DecisionNeeded: the law on selling it is not settled.
    """
    offer = _locked(offer)
    if offer.state == OfferState.WITHDRAWN:
        raise OfferWithdrawn("This offer was withdrawn; draft another.")
    mine = set(parties_of(actor, roles=ACTING).values_list("pk", flat=True))
    if not holders_of([offer.work_id])[offer.work_id] <= mine:
        raise PermissionDenied(
            "Only someone who acts for every rights holder may change a price. "
            "Withdraw the offer and draft another, which the others can agree to."
        )
    _check_price(price_minor, currency)
    verdict = verdict_on(
        offer.work, licence=offer.terms.licence, price_minor=price_minor
    )
    _decided(
        offer.work,
        verdict,
        offer.terms.licence,
        offer.terms.decision,
        price_minor=price_minor,
    )
    number = offer.price.number + 1
    offer.price = _write_price(
        offer, uuid4(), number, price_minor, currency, changed_at
    )
    offer.save(update_fields=["price"])
    record_act(
        actor,
        "change_price",
        offer,
        at=changed_at,
        price_minor=price_minor,
        currency=currency,
    )
    return offer


@transaction.atomic
def withdraw_offer(actor: User, *, offer: Offer, withdrawn_at: datetime) -> Offer:
    """Close an offer to new orders; any rights holder may. What was granted stays.

    Raises:
        PermissionDenied: `actor` acts for no rights holder.
    """
    offer = _locked(offer)
    concerned = holders_of([offer.work_id])[offer.work_id]
    if not parties_of(actor, roles=ACTING).filter(pk__in=concerned).exists():
        raise PermissionDenied("Only a rights holder may withdraw an offer.")
    if offer.state == OfferState.WITHDRAWN:
        return offer
    offer.state, offer.withdrawn_at = OfferState.WITHDRAWN, withdrawn_at
    offer.save(update_fields=["state", "withdrawn_at"])
    record_act(actor, "withdraw_offer", offer, at=withdrawn_at)
    return offer


def verdict_on(work: Work, *, licence: Licence, price_minor: int) -> Verdict:
    """Judge an offer by the work's sources, and by what was given out free before."""
    out = Outlet(licence.pk, is_sold=price_minor > 0)
    return judge(work, out=out) | kept_free(work, out=out)


def missing_consents(offer: Offer) -> list[Party]:
    """Return the rights holders who have not agreed to the offer's terms, by name."""
    agreed = set(offer.terms.consents.values_list("party_id", flat=True))
    return [party for party in holder_parties(offer.work) if party.pk not in agreed]


def _consent(actor: User, offer: Offer, at: datetime) -> Offer:
    holders = holders_of([offer.work_id])[offer.work_id]
    mine = list(parties_of(actor, roles=ACTING).filter(pk__in=holders))
    if not mine:
        raise ConsentNotYours("This offer does not ask for your agreement.")
    for party in mine:
        OfferConsent.objects.get_or_create(
            offer_version_id=offer.terms_id,
            party=party,
            defaults={"consented_by": actor, "consented_at": at},
        )
    offer = _locked(offer)
    missing = [party.name for party in missing_consents(offer)]
    agreed = terms.owner_offer(missing_consents=missing).stance is Stance.ALLOW
    if offer.state == OfferState.DRAFT and agreed:
        verdict = verdict_on(
            offer.work, licence=offer.terms.licence, price_minor=offer.price.minor
        )
        _decided(
            offer.work,
            verdict,
            offer.terms.licence,
            offer.terms.decision,
            price_minor=offer.price.minor,
        )
        offer.state, offer.live_from = OfferState.LIVE, at
        offer.save(update_fields=["state", "live_from"])
    return offer


def _decided(
    work: Work, verdict: Verdict, licence: Licence, decision: str, *, price_minor: int
) -> str:
    """Return why it is right to go on, if that takes a reason: as given, or as kept."""
    refuse_conflict(verdict, asked=licence.pk)
    if verdict.stance is not Stance.WARN or decision.strip():
        return decision
    out = Outlet(licence.pk, is_sold=price_minor > 0)
    found = Weighed(verdict, weigh(work, out=out).doubted)
    kept = decided(work, out=out, found=found)
    if kept is None:
        raise undecided(work, out=out, reasons=verdict.told())
    return kept.words


def _locked(offer: Offer) -> Offer:
    rows = Offer.objects.select_for_update(of=("self",))
    return rows.select_related("work__owner", "terms__licence", "price").get(
        pk=offer.pk
    )


def _write_price(
    offer: Offer, pk: UUID, number: int, minor: int, currency: str, at: datetime
) -> PriceVersion:
    return PriceVersion.objects.create(
        id=pk,
        offer=offer,
        number=number,
        kind=PriceKind.FIXED if minor else PriceKind.FREE,
        minor=minor,
        currency=currency,
        valid_from=at,
    )


def _check(
    code: str, title: str, audience: str, price_minor: int, currency: str
) -> None:
    try:
        validate_slug(code)
    except ValidationError as fault:
        raise Malformed(
            "code: use letters, digits, hyphens and underscores."
        ) from fault
    if len(code) > 50 or not title.strip() or len(title) > 200:
        raise Malformed("title: give 1 to 200 characters, and a code of at most 50.")
    _check_choice("audience", audience, Audience.values)
    _check_price(price_minor, currency)


def _check_choice(field: str, given: str, values: Iterable[str]) -> None:
    if given not in values:
        raise Malformed(f"{field}: choose one of {', '.join(values)}.")


def _check_price(price_minor: int, currency: str) -> None:
    if not 0 <= price_minor <= LARGEST_PRICE:
        raise Malformed(f"price_minor: give 0 to {LARGEST_PRICE} minor units.")
    if currency not in CURRENCIES:
        raise Malformed("currency: give an ISO 4217 code such as EUR.")
