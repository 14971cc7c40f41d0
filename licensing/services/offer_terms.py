"""The terms of an offer: checked, judged, and written as a version of it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext

from licensing import conditions as conditions_of
from licensing import terms
from licensing.book import book_for
from licensing.conditions import Conditions, NotACondition, verdict_on_conditions
from licensing.expressions import UnknownLicence
from licensing.licence_facts import TABLE
from licensing.lineage import Weighed, judge, weigh
from licensing.models import Audience, Gate, Licence, OfferVersion, Party, Work
from licensing.offer_words import words_of
from licensing.services.decisions import (
    decided,
    kept_free,
    refuse_conflict,
    undecided,
)
from licensing.services.declared import require_own
from licensing.services.licences import keep_text, licence_row
from licensing.terms import Outlet, Stance, Verdict
from marketplace.accounts.models import User
from marketplace.kit.errors import Malformed
from marketplace.kit.words import checked_words

LONGEST_MESSAGE = 5_000


@dataclass(frozen=True, slots=True)
class PrivateTo:
    """Whom alone an offer is made to, until when, and what is said to them."""

    party: Party
    expires_at: datetime
    message: str = ""


@dataclass(frozen=True, slots=True)
class OfferTerms:
    """What somebody offers, as they said it.

    Attributes:
        title: for people.
        audience: one of `Audience`.
        licence_id: a licence that we hold facts on, or terms the owner declared.
        summary: what else to say, for people.
        decision: why it is right to go on where the law is not settled.
        conditions: what is said beside the licence.
        private_to: whom alone it is offered to; None is everybody.
    """

    title: str
    audience: str
    licence_id: str
    summary: str = ""
    decision: str = ""
    conditions: Conditions = field(default_factory=Conditions)
    private_to: PrivateTo | None = None


def checked_terms(said: OfferTerms, *, at: datetime) -> Conditions:
    """Return the conditions in one form, of terms that are well said.

    Raises:
        Malformed: the message names the field.
    """
    if not said.title.strip() or len(said.title) > 200:
        raise Malformed(gettext("title: give 1 to 200 characters."))
    _check_choice("audience", said.audience, Audience.values)
    private_to = said.private_to
    if private_to is not None:
        if private_to.party.is_described:
            raise Malformed(
                gettext("for_party: nobody can take it for someone without account.")
            )
        if private_to.expires_at <= at:
            raise Malformed(gettext("expires_at: give a time to come."))
        checked_words(
            private_to.message, field="message", most=LONGEST_MESSAGE, is_needed=False
        )
    try:
        return conditions_of.checked(said.conditions)
    except NotACondition as fault:
        raise Malformed(str(fault)) from fault


def write_terms(  # noqa: PLR0913  a version is made of this many facts
    actor: User,
    *,
    work: Work,
    offer_id: UUID,
    pk: UUID,
    number: int,
    said: OfferTerms,
    price_minor: int,
    at: datetime,
    gives_free: bool = False,
) -> OfferVersion:
    """Judge terms and write them as one version of an offer. For this room alone.

    Raises:
        Malformed: the message names the field.
        UnknownLicence: we hold no facts on the licence.
        LicenceConflict: a source's licence, or the one it is offered under, forbids it;
            the message names the clause.
        DecisionNeeded: the law is not settled, and there is no decision.
    """
    agreed = checked_terms(said, at=at)
    if agreed.trial_days and not price_minor:
        raise Malformed(gettext("trial_days: what is free needs no trial."))
    licence = offerable(said.licence_id, owner=work.owner)
    binds = bool(agreed.binding())
    out = Outlet(licence.pk, is_sold=price_minor > 0, has_extra_terms=binds)
    verdict = _verdict_on(work, out, agreed, gives_free=gives_free)
    decision = _decided(work, verdict, out, said.decision)
    rights, private_to = agreed.insights, said.private_to
    words = words_of(audience=said.audience, conditions=agreed)
    return OfferVersion.objects.create(
        id=pk,
        offer_id=offer_id,
        number=number,
        title=said.title,
        summary=said.summary,
        audience=said.audience,
        licence=licence,
        licence_text=licence.text,
        terms_text=keep_text(words) if words else None,
        gate=Gate[verdict.stance.name],
        gate_table=TABLE,
        duties=sorted(verdict.duties),
        reasons=verdict.told(),
        decision=decision,
        seats=agreed.seats,
        term_days=agreed.term_days,
        includes_updates=agreed.includes_updates,
        territories=list(agreed.territories),
        insights_are=rights.belong_to.value if rights else "",
        may_train=rights.may_train if rights else None,
        may_publish=rights.may_publish if rights else None,
        may_sell=rights.may_sell if rights else None,
        must_report=rights.must_report if rights else None,
        trial_days=agreed.trial_days,
        sample=list(agreed.sample),
        for_party=private_to.party if private_to else None,
        expires_at=private_to.expires_at if private_to else None,
        message=private_to.message if private_to else "",
        written_by=actor,
        written_at=at,
    )


def offerable(licence_id: str, *, owner: Party) -> Licence:
    """Return the licence, if `owner` may offer something under it.

    Raises:
        Malformed: there is none, or it is another's own terms.
        UnknownLicence: we hold no facts on it.
    """
    licence = licence_row(licence_id, field="licence")
    require_own(licence.pk, owner=owner)
    if licence.pk not in book_for([licence.pk]):
        raise UnknownLicence(
            gettext(
                "licence: we hold no facts on %(licence_pk)s, so it cannot be "
                "offered here. Choose a licence that was read, or declare terms of "
                "your own."
            )
            % {"licence_pk": licence.pk}
        )
    return licence


def require_settled(
    work: Work,
    *,
    version: OfferVersion,
    price_minor: int,
    gives_free: bool = False,
    decision: str | None = None,
) -> list[str]:
    """Return what is not settled, if an offer may be open on these terms at this price.

    Args:
        work: what is offered.
        version: the terms.
        price_minor: what it costs in the end.
        gives_free: some get it free under these terms.
        decision: why it is right to go on; what was decided with the terms counts for
            the reasons of then, and for any if this is None.

    Raises:
        LicenceConflict: it may not; the message names each clause.
        DecisionNeeded: the law is not settled and nobody decided.
    """
    out = version.outlet(is_sold=price_minor > 0)
    verdict = _verdict_on(work, out, version.conditions(), gives_free=gives_free)
    told = verdict.told()
    is_of_then = decision is None or set(told) <= set(version.reasons)
    _decided(work, verdict, out, decision or (version.decision if is_of_then else ""))
    return told if verdict.stance is Stance.WARN else []


def _verdict_on(
    work: Work, out: Outlet, conditions: Conditions, *, gives_free: bool
) -> Verdict:
    """Judge an offer by the work's sources, its own licence, and what is free besides.

    That was given before under the work's licence, or is, if `gives_free`, under its own.
    """
    book = book_for([out.licence])
    verdict = judge(work, out=out) | kept_free(work, out=out)
    verdict |= verdict_on_conditions(conditions, licence=out.licence, book=book)
    if out.is_sold and gives_free:
        verdict |= terms.charge_later(out.licence, book=book)
    return verdict


def _decided(work: Work, verdict: Verdict, out: Outlet, decision: str) -> str:
    """Return why it is right to go on, if that takes a reason: as given, or as kept."""
    refuse_conflict(verdict, asked=out.licence)
    if verdict.stance is not Stance.WARN or decision.strip():
        return decision
    found = Weighed(verdict, weigh(work, out=out).doubted)
    kept = decided(work, out=out, found=found)
    if kept is None:
        raise undecided(work, out=out, reasons=verdict.told())
    return kept.words


def _check_choice(field_name: str, given: str, values: Iterable[str]) -> None:
    if given not in values:
        raise Malformed(
            gettext("%(field_name)s: choose one of %(values)s.")
            % {"field_name": field_name, "values": ", ".join(values)}
        )
