"""Terms of an owner's own: declared by a form, kept by version, never changed."""

from datetime import datetime
from uuid import uuid4

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext

from licensing.declared import Declared, Training, Whose, text_of
from licensing.expressions import UnknownLicence
from licensing.facts import DECLARED
from licensing.models import (
    Licence,
    OwnTerms,
    Party,
    ResultsRule,
    TermsVersion,
    TrainingRule,
)
from licensing.permissions import require_acts_for
from licensing.services.licences import keep_text
from marketplace.accounts.models import User
from marketplace.kit.audit import record_act
from marketplace.kit.errors import Malformed

LONGEST_WORDS = 20_000
MOST_VERSIONS = 1_000
MOST_COUNTED = 1_000_000  # seats, or days


@transaction.atomic
def declare_terms(  # noqa: PLR0913  terms are made of this many answers
    actor: User,
    *,
    owner: Party,
    title: str,
    permits_redistribution: bool,
    permits_derivatives: bool,
    permits_commercial_use: bool,
    training: str,
    results_are: str,
    asks_credit: bool,
    is_revocable: bool,
    declared_at: datetime,
    seats: int | None = None,
    term_days: int | None = None,
    territory: str = "",
    restrictions: str = "",
    further: str = "",
    terms: OwnTerms | None = None,
) -> TermsVersion:
    """Write a version of somebody's own terms, the first one unless `terms` is given.

    Offers and orders keep the version they name; a new one changes none of them.

    Args:
        actor: someone who acts for `owner`.
        owner: whose terms they are.
        title: for people, 1 to 150 characters.
        permits_redistribution: copies may be given to others under these terms.
        permits_derivatives: the work may be changed and merged.
        permits_commercial_use: commerce is a purpose.
        training: one of `TrainingRule`.
        results_are: one of `ResultsRule`.
        asks_credit: publications name the work and its makers.
        is_revocable: the owners may end it early.
        declared_at: when.
        seats: how many people may use it, None for any number.
        term_days: how long it lasts from its acceptance, None for ever.
        territory: where, empty for everywhere.
        restrictions: uses that are forbidden, and that bind whoever receives the work.
        further: what else binds, in words.
        terms: what this is another version of.

    Raises:
        PermissionDenied: `actor` does not act for the owner.
        Malformed: the message names the field.
    """
    require_acts_for(actor, owner)
    if terms is not None and terms.owner_id != owner.pk:
        raise PermissionDenied("These terms are another's.")
    words = {"territory": territory, "restrictions": restrictions, "further": further}
    _check(title, training, results_are, seats, term_days)
    _check_words(words)
    if terms is None:
        terms = OwnTerms.objects.create(
            owner=owner, title=title.strip(), declared_at=declared_at
        )
    OwnTerms.objects.select_for_update(of=("self",)).get(pk=terms.pk)
    number = terms.versions.count() + 1
    if number > MOST_VERSIONS:
        raise Malformed(
            gettext("terms: these have had too many versions; declare others.")
        )
    said = Declared(
        id=f"{DECLARED}{terms.pk.hex[:16]}-{number}",
        title=title.strip(),
        version=number,
        permits_redistribution=permits_redistribution,
        permits_derivatives=permits_derivatives,
        permits_commercial_use=permits_commercial_use,
        training=Training(training),
        results_are=Whose(results_are),
        asks_credit=asks_credit,
        is_revocable=is_revocable,
        seats=seats,
        term_days=term_days,
        **{name: value.strip() for name, value in words.items()},
    )
    version = _write(actor, said, terms, owner, declared_at)
    record_act(
        actor,
        "declare_terms",
        terms,
        at=declared_at,
        licence=said.id,
        text_sha256=version.licence.text_id,
    )
    return version


def require_own(licence_id: str, *, owner: Party) -> None:
    """Return unless a licence is terms that another party declared.

    Raises:
        UnknownLicence: it is; or nobody declared such terms.
    """
    if not licence_id.startswith(DECLARED):
        return
    if not TermsVersion.objects.filter(
        licence_id=licence_id, terms__owner=owner
    ).exists():
        raise UnknownLicence(
            gettext(
                "licence: %(owner)s has declared no terms %(licence_id)s. Declare "
                "your own first, or choose a licence."
            )
            % {"owner": owner, "licence_id": licence_id[:80]}
        )


def _write(
    actor: User, said: Declared, terms: OwnTerms, owner: Party, at: datetime
) -> TermsVersion:
    licence = Licence.objects.create(
        id=said.id,
        name=f"{said.title}, version {said.version}",
        url="",
        text=keep_text(text_of(said, owner=owner.name)),
    )
    return TermsVersion.objects.create(
        id=uuid4(),
        terms=terms,
        number=said.version,
        licence=licence,
        permits_redistribution=said.permits_redistribution,
        permits_derivatives=said.permits_derivatives,
        permits_commercial_use=said.permits_commercial_use,
        training=said.training.value,
        results_are=said.results_are.value,
        asks_credit=said.asks_credit,
        is_revocable=said.is_revocable,
        seats=said.seats,
        term_days=said.term_days,
        territory=said.territory,
        restrictions=said.restrictions,
        further=said.further,
        written_by=actor,
        written_at=at,
    )


def _check(
    title: str, training: str, results_are: str, seats: int | None, days: int | None
) -> None:
    if not title.strip() or len(title) > 150 or not title.isprintable():
        raise Malformed(gettext("title: give 1 to 150 characters on one line."))
    if training not in TrainingRule.values:
        raise Malformed(
            gettext("training: choose one of %(values)s.")
            % {"values": ", ".join(TrainingRule.values)}
        )
    if results_are not in ResultsRule.values:
        raise Malformed(
            gettext("results_are: choose one of %(values)s.")
            % {"values": ", ".join(ResultsRule.values)}
        )
    for field, count in (("seats", seats), ("term_days", days)):
        if count is not None and not 1 <= count <= MOST_COUNTED:
            raise Malformed(
                gettext("%(field)s: give 1 to %(most_counted)s, or leave it empty.")
                % {"field": field, "most_counted": MOST_COUNTED}
            )


def _check_words(words: dict[str, str]) -> None:
    for field, value in words.items():
        longest = 200 if field == "territory" else LONGEST_WORDS
        if len(value) > longest or "\0" in value:
            raise Malformed(
                gettext("%(field)s: give at most %(longest)s characters of plain text.")
                % {"field": field, "longest": longest}
            )
