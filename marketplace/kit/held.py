"""What the kit holds on people: the audit trail, and answers remembered for a day."""

from functools import reduce
from operator import or_

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from marketplace.kit.audit import ACTOR, DETAIL, NAMING, erase_words
from marketplace.kit.models import AuditRecord, IdempotencyKey, RequestCount
from marketplace.kit.personal import (
    AtErasure,
    Erasing,
    Held,
    Lasts,
    Part,
    Person,
    PersonalData,
)


def erase_from_trail(person: Person, erasing: Erasing) -> int:
    """Take a person out of the audit trail; return how many words that were.

    Of their own acts go the name and what they typed; of others' acts, details that are
    their name or begin with it as an address. Others' sentences stay.

    Cost: one pass over the trail, and an update for each record that names them.
    """
    return sum(
        erase_words(record, _naming(record, person, erasing.names))
        for record in _naming_somehow(person, erasing.names).iterator(chunk_size=500)
    )


def _naming_somehow(person: Person, names: frozenset[str]) -> QuerySet[AuditRecord]:
    said = [
        Q(**{f"details__{key}__{lookup}": f"{name}{end}"})
        for key in NAMING
        for name in names
        for lookup, end in (("iexact", ""), ("istartswith", "/"))
    ]
    return AuditRecord.objects.filter(reduce(or_, said, Q(actor=person))).order_by("pk")


def _naming(record: AuditRecord, person: Person, names: frozenset[str]) -> list[str]:
    is_own = record.actor_id == person.pk
    said = {
        f"{DETAIL}{key}": str(value).casefold()
        for key, value in record.details.items()
        if key in NAMING
    }
    starts = tuple(f"{name}/" for name in names)
    found = [
        word
        for word, text in said.items()
        if is_own or text in names or text.startswith(starts)
    ]
    return [ACTOR, *found] if is_own else found


KIT = PersonalData(
    room="trail",
    held=(
        Held(
            what=_("The audit trail: who did what, and when"),
            why=_("So that misuse and mistakes can be found and proven afterwards."),
            at_erasure=AtErasure.STAYS,
            note=_(
                "It is a chain of digests in which names stand as salted commitments. "
                "Your name and its salts are deleted, and the chain can still be checked."
            ),
            parts=(
                Part(
                    AuditRecord,
                    ("actor", "actor_name", "details", "salts", "erased"),
                    person="actor",
                    shown=("id", "at", "act", "target_kind", "target_id", "details"),
                ),
            ),
        ),
        Held(
            what=_("Answers to programs that may ask again"),
            why=_("So that a request that is repeated does nothing twice."),
            at_erasure=AtErasure.GOES,
            parts=(
                Part(
                    IdempotencyKey,
                    ("user", "key", "fingerprint", "body"),
                    person="user",
                    shown=("key", "status", "body", "created_at"),
                ),
            ),
            lasts=(Lasts(IdempotencyKey, "created_at", 1, _("the request")),),
        ),
        Held(
            what=_("How often an address or account asked, and failed to sign in"),
            why=_("So that nobody floods the site or guesses passwords."),
            at_erasure=AtErasure.GOES,
            for_a_while=_("one or two minutes; failed sign-ins an hour at most"),
            parts=(Part(RequestCount, ("caller",)),),
        ),
    ),
    erase=erase_from_trail,
)
