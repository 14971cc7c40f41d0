"""Erasing an account: what says whose it was goes, what others rely on is nobody's."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext

from licensing.models import Party
from marketplace.accounts.models import Letter, Notice, User
from marketplace.accounts.services.erasing import new_pseudonym
from marketplace.kit.audit import record_act
from marketplace.kit.errors import DomainError
from marketplace.kit.personal import AtErasure, Erasing, Held, Person
from marketplace.kit.sealing import ERASURE
from marketplace.privacy.rooms import ROOMS, obstacles_of


class StandsInTheWay(DomainError):
    code = "stands_in_the_way"


class ErasedAlready(DomainError):
    code = "erased_already"


@transaction.atomic
def erase_account(
    user: User, *, removes_words: bool, erased_at: datetime, by: User | None = None
) -> str:
    """Erase somebody's account by the table of `rooms`, and write to them a last time.

    Orders, agreements, books, versions and the audit trail stay, signed with a pseudonym
    (invariant 28); the chain over the trail still verifies.

    Args:
        user: whose account; read anew, and locked.
        removes_words: take out the words of their comments as well.
        erased_at: now.
        by: of the staff; None, when they asked for it themselves or it is a command.

    Returns:
        The pseudonym.

    Raises:
        StandsInTheWay: something has to be settled first; the message says what.
        ErasedAlready: there is nothing left to erase.

    Cost: a few queries for each row of the table, and one pass over the audit trail.
    """
    person = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if person.erased_at is not None:
        raise ErasedAlready(
            gettext("The account %(username)s is erased already.")
            % {"username": person.username}
        )
    if obstacles := obstacles_of(person):
        said = " ".join(each.said for each in obstacles)
        raise StandsInTheWay(
            gettext("This stands in the way: %(said)s") % {"said": said}
        )
    address = person.email
    erasing = Erasing(
        at=erased_at,
        pseudonym=new_pseudonym(),
        names=_names(person),
        removes_words=removes_words,
    )
    words = 0
    for room in ROOMS:
        words += room.erase(person, erasing)
        for held in room.held:
            _apply(held, person)
    record_act(by, ERASURE, person, at=erased_at, words=words)
    Notice.objects.create(
        address=address,
        kind=Letter.ACCOUNT,
        subject="Your account is erased",
        text="Your account on this site is erased, as it was asked for. What had to stay "
        f"is signed “{erasing.pseudonym}” now. This is the last letter you get from us.",
        path="/privacy",
        due_at=erased_at,
    )
    return erasing.pseudonym


def _names(person: User) -> frozenset[str]:
    parties = Party.objects.filter(user=person).values_list("name", flat=True)
    said = [person.username, person.email, person.full_name, *parties]
    return frozenset(name.casefold() for name in said if name)


def _apply(held: Held, person: Person) -> None:
    for part in (part for part in held.parts if part.person):
        if held.at_erasure == AtErasure.GOES:
            part.of(person).delete()
        elif held.at_erasure == AtErasure.EMPTIED and part.emptied:
            part.of(person).update(**part.emptied)
