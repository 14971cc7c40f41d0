"""Making an account nobody's: the row stays, and no word of it leads to a person."""

import secrets
from datetime import datetime

from allauth.account.models import EmailAddress
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.db import transaction

from marketplace.accounts.models import (
    Membership,
    MembershipInvitation,
    Namespace,
    Organisation,
    RetiredName,
    User,
)
from marketplace.accounts.names import FORMER
from marketplace.accounts.queries import retired_digests

NOWHERE = "erased.invalid"  # a domain that never is (RFC 2606)
CLOSED = "An organisation that is closed"


def new_pseudonym() -> str:
    """Return a name that nobody has: random, so that it leads nowhere."""
    return f"{FORMER}{secrets.token_hex(6)}"


@transaction.atomic
def pseudonymise(user: User, *, pseudonym: str, erased_at: datetime) -> None:
    """Take out of an account whatever says whose it was, and shut it for good.

    Its name is never given to anybody else, who would be taken for them: a keyed digest
    of it is kept. Organisations that it alone belonged to are closed.

    Args:
        user: whose account; changed in place.
        pseudonym: from `new_pseudonym`.
        erased_at: now.
    """
    RetiredName.objects.get_or_create(
        digest=retired_digests(user.username)[0], defaults={"retired_at": erased_at}
    )
    MembershipInvitation.objects.filter(address__iexact=user.email).delete()
    _close_organisations(user)
    Namespace.objects.filter(user=user).update(name=pseudonym)
    user.groups.clear()
    user.user_permissions.clear()
    EmailAddress.objects.filter(user=user).delete()
    user.username, user.email = pseudonym, f"{pseudonym}@{NOWHERE}"
    user.full_name, user.about = "", ""
    user.unwanted, user.unshown = [], []
    user.is_active = user.is_staff = user.is_superuser = False
    user.last_login, user.date_joined, user.erased_at = None, erased_at, erased_at
    user.set_unusable_password()
    user.save()
    _end_sessions(user)


def _close_organisations(user: User) -> None:
    left = Organisation.objects.filter(members=user)
    others = Membership.objects.filter(organisation__in=left).exclude(user=user)
    empty = left.exclude(pk__in=others.values("organisation"))
    for organisation in empty:
        organisation.title, organisation.about = CLOSED, ""
        organisation.save(update_fields=["title", "about"])
        pseudonym = new_pseudonym()
        Namespace.objects.filter(organisation=organisation).update(name=pseudonym)
    Membership.objects.filter(user=user).delete()


def _end_sessions(user: User) -> None:
    """Delete somebody's sessions; the store tells only by reading each whose it is."""
    for session in Session.objects.iterator(chunk_size=500):
        if session.get_decoded().get(SESSION_KEY) == str(user.pk):
            session.delete()
