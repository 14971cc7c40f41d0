"""What others ask about people, organisations and names."""

from datetime import datetime
from uuid import UUID

from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.models import Session
from django.core.signing import BadSignature, Signer
from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404

from marketplace.accounts.models import (
    WRITERS,
    ApiTokenQuerySet,
    Membership,
    MembershipInvitation,
    Namespace,
    NamespaceQuerySet,
    Notice,
    Organisation,
    RetiredName,
    Role,
    User,
)
from marketplace.kit.keyed import keyed_digests
from marketplace.kit.keyset import Order

RETIRED = "accounts.retired-name"
INVITATION_SALT = "accounts.membership-invitation"
TOKENS_ORDER = Order(("issued_at", "id"), descending=True)
INVITATIONS_ORDER = Order(("invited_at", "id"))
MEMBERS_ORDER = Order(("user__username",))
INBOX_ORDER = Order(("due_at", "id"), descending=True)
SESSIONS_ORDER = Order(("last_seen_at", "id"), descending=True)
MOST_COUNTED = 100  # unread; beyond it is “many”
ORGANISATIONS_ORDER = Order(("organisation__namespace__name",))


def role_in(user: User | AnonymousUser, namespace: Namespace) -> Role | None:
    """What `user` is in a namespace; a person in their own is its owner.

    Cost: no query for a person's namespace, one for an organisation's.
    """
    return namespace.role_of(user)


def namespaces_of(user: User | AnonymousUser, *roles: Role) -> NamespaceQuerySet:
    """Their own, and those where they have one of `roles`; of any, if none is given."""
    if not user.is_authenticated:
        return Namespace.objects.none()
    return Namespace.objects.held_by(user, *(roles or tuple(Role)))


def writable_namespaces(user: User | AnonymousUser) -> NamespaceQuerySet:
    """Where `user` may publish: their own name and organisations they write for."""
    return namespaces_of(user, *WRITERS)


def find_namespace(name: str) -> Namespace:
    """Return the namespace of this name, whatever its case, with its owner.

    Raises:
        Http404: there is none.
    """
    owned = Namespace.objects.select_related("user", "organisation")
    if namespace := _named(owned, name):
        return namespace
    raise Http404(f"Nobody is called “{name}”.")


def find_person(name: str, *, even_suspended: bool = False) -> User:
    """Return the person of this name; someone suspended is nobody, unless asked for.

    Raises:
        Http404: there is none.
    """
    people = Namespace.objects.filter(user__isnull=False).select_related("user")
    namespace = _named(people, name)
    person = namespace.user if namespace else None
    if person and (person.is_active or even_suspended):
        return person
    raise Http404(f"Nobody is called “{name}”.")


def find_organisation(name: str) -> Organisation:
    """Return the organisation of this name, with its namespace.

    Raises:
        Http404: there is none.
    """
    organisations = Namespace.objects.filter(organisation__isnull=False)
    namespace = _named(organisations.select_related("organisation"), name)
    if namespace and namespace.organisation:
        namespace.organisation.namespace = namespace
        return namespace.organisation
    raise Http404(f"No organisation is called “{name}”.")


def owners_of(namespace: Namespace) -> QuerySet[User]:
    """Return the people who own a namespace: its person, or an organisation's owners."""
    if namespace.organisation_id is None:
        return User.objects.filter(namespace=namespace, is_active=True)
    return User.objects.filter(
        memberships__organisation=namespace.organisation_id,
        memberships__role=Role.OWNER,
        is_active=True,
    )


def memberships_of(user: User) -> QuerySet[Membership]:
    """The organisations `user` belongs to, with their names."""
    return user.memberships.select_related("organisation__namespace")


def members_of(organisation: Organisation) -> QuerySet[Membership]:
    """Who belongs to it."""
    return organisation.memberships.select_related("user")


def open_invitations(
    organisation: Organisation, *, at: datetime
) -> QuerySet[MembershipInvitation]:
    """Return the invitations that wait for an answer, the oldest first; at most fifty."""
    waiting = organisation.invitations.filter(closed_at=None, expires_at__gt=at)
    return waiting.order_by(*INVITATIONS_ORDER.columns)


def find_invitation(organisation: Organisation, token: str) -> MembershipInvitation:
    """Return what a link of a letter invites to, open or not.

    Raises:
        Http404: the link was not made here, or not for this organisation.
    """
    try:
        named = Signer(salt=INVITATION_SALT).unsign(token)
    except BadSignature as fault:
        raise Http404(
            "This is no invitation. Look whether the link is whole."
        ) from fault
    found = (
        organisation.invitations.filter(pk=named).select_related("invited_by").first()
    )
    if found is None:
        raise Http404("There is no such invitation any more.")
    found.organisation = organisation
    return found


def confirmed_domains(user: User) -> set[str]:
    """Return the domains, in lower case, of the e-mail addresses they confirmed."""
    confirmed = EmailAddress.objects.filter(user=user, verified=True)
    addresses = confirmed.values_list("email", flat=True)
    return {address.rpartition("@")[2].lower() for address in addresses}


def tokens_of(user: User) -> ApiTokenQuerySet:
    """The tokens `user` has not revoked, one for each login; some may have expired.

    Those confined to one thing come and go by the hour, and are not among them.
    """
    return user.api_tokens.unrevoked().not_replaced().filter(confined_to=None)


def sessions_of(user: User, *, at: datetime) -> QuerySet[UserSession]:
    """Return where `user` is signed in at a moment; page it by `SESSIONS_ORDER`."""
    live = Session.objects.filter(
        session_key=OuterRef("session_key"), expire_date__gt=at
    )
    return QuerySet(UserSession).filter(Exists(live), user=user)


def inbox_of(
    user: User, *, at: datetime, kind: str = "", is_unread: bool = False
) -> QuerySet[Notice]:
    """Return what somebody was told in their inbox; page it by `INBOX_ORDER`.

    Args:
        user: whose.
        at: now.
        kind: of `Letter`, only those; all, if empty.
        is_unread: only what was not read.
    """
    found = Notice.objects.filter(person=user, is_shown=True, due_at__lte=at)
    if kind:
        found = found.filter(kind=kind)
    return found.filter(read_at=None) if is_unread else found


def unread_of(user: User, *, at: datetime) -> int:
    """Return how much of the inbox was not read, up to `MOST_COUNTED`."""
    return inbox_of(user, at=at, is_unread=True).values("pk")[:MOST_COUNTED].count()


def find_notice(user: User, key: UUID) -> Notice:
    """Return a notice in somebody's inbox.

    Raises:
        Http404: there is none, or it is another's.
    """
    found = Notice.objects.filter(person=user, is_shown=True, key=key).first()
    if found is None:
        raise Http404("There is no such notice in your inbox.")
    return found


def retired_digests(name: str) -> list[str]:
    """Return what would be kept of a name, under the site's key of now and of before."""
    return list(keyed_digests(name.lower(), salt=RETIRED))


def is_retired(name: str) -> bool:
    """Whether it was the name of somebody whose account was erased."""
    return RetiredName.objects.filter(digest__in=retired_digests(name)).exists()


def _named(namespaces: QuerySet[Namespace], name: str) -> Namespace | None:
    if "\0" in name:  # PostgreSQL text cannot hold it
        return None
    return namespaces.filter(name__iexact=name).first()
