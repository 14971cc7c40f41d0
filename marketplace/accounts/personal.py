"""What accounts hold on people."""

from collections.abc import Iterator
from datetime import timedelta

from allauth.account.models import EmailAddress, EmailConfirmation
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from marketplace.accounts.models import (
    ApiToken,
    DeviceGrant,
    GrantState,
    Membership,
    MembershipInvitation,
    Namespace,
    Notice,
    Organisation,
    RefreshToken,
    RetiredName,
    Role,
    User,
)
from marketplace.accounts.services.erasing import pseudonymise
from marketplace.accounts.services.logins import CODES_LIVE
from marketplace.kit.personal import (
    AtErasure,
    Erasing,
    Held,
    Lasts,
    Obstacle,
    Part,
    Person,
    PersonalData,
)

UNDECIDED = Q(
    state__in=[GrantState.PENDING, GrantState.APPROVED, GrantState.DENIED],
)
OF_NO_LOGIN = Q(grant__isnull=True) | Q(grant__state=GrantState.ENDED)


def _obstacles(person: Person) -> Iterator[Obstacle]:
    """Yield what must be somebody else's first: staff's duties, shared organisations."""
    if person.is_staff:
        yield Obstacle(
            gettext(
                "You run this site. Have another of its staff take that from "
                "your account."
            ),
            reverse("accounts:profile"),
        )
    owned = Organisation.objects.filter(
        memberships__user=person, memberships__role=Role.OWNER
    )
    for organisation in owned.select_related("namespace").order_by("title"):
        others = organisation.memberships.exclude(user=person)
        if others.exists() and not others.filter(role=Role.OWNER).exists():
            yield Obstacle(
                gettext(
                    "You are the only owner of “%(organisation_title)s”, which "
                    "others belong to. Make one of them an owner."
                )
                % {"organisation_title": organisation.title},
                reverse("accounts:organisation", args=[organisation.namespace.name]),
            )


def _erase(person: Person, erasing: Erasing) -> int:
    pseudonymise(person, pseudonym=erasing.pseudonym, erased_at=erasing.at)
    return 0


ACCOUNTS = PersonalData(
    room="account",
    held=(
        Held(
            what=_(
                "Your account: name, e-mail address, password (as a digest), profile"
            ),
            why=_(
                "So that you can sign in, be written to, and be known by others here."
            ),
            at_erasure=AtErasure.EMPTIED,
            note=_("A keyed digest of your name is kept, so that nobody else gets it."),
            parts=(
                Part(
                    User,
                    ("password", "username", "full_name", "about", "email"),
                    person="pk",
                ),
                Part(Namespace, ("name", "user"), person="user"),
                Part(EmailAddress, ("user", "email"), person="user"),
                Part(
                    EmailConfirmation,
                    ("key",),
                    person="email_address__user",
                    shown=("created", "sent"),
                ),
                Part(User.groups.through, ("user",), person="user"),
                Part(User.user_permissions.through, ("user",), person="user"),
                Part(RetiredName, ("digest",)),
            ),
        ),
        Held(
            what=_("Organisations you belong to"),
            why=_("So that you can act for them."),
            at_erasure=AtErasure.GOES,
            note=_(
                "An organisation of yours alone is closed, its title and text deleted."
            ),
            parts=(
                Part(Membership, ("user",), person="user"),
                Part(Organisation, ("title", "about")),
            ),
        ),
        Held(
            what=_(
                "Invitations into organisations, with the address they were sent to"
            ),
            why=_("So that whoever has the letter may join."),
            at_erasure=AtErasure.GOES,
            parts=(
                Part(
                    MembershipInvitation,
                    ("address", "answered_by"),
                    person="answered_by",
                ),
                Part(
                    MembershipInvitation,
                    ("invited_by",),
                    person="invited_by",
                    shown=("organisation", "role", "invited_at"),
                ),
            ),
            lasts=(
                Lasts(
                    MembershipInvitation,
                    "expires_at",
                    0,
                    _("it can no longer be answered"),
                ),
            ),
        ),
        Held(
            what=_(
                "Where you are signed in: sessions, with browser and network address"
            ),
            why=_("So that you need not sign in on each page, and see if another did."),
            at_erasure=AtErasure.GOES,
            parts=(
                Part(Session, ("session_key", "session_data")),
                Part(
                    UserSession,
                    ("user", "ip", "user_agent", "session_key", "data"),
                    person="user",
                    shown=("ip", "user_agent", "created_at", "last_seen_at"),
                ),
            ),
            lasts=(
                Lasts(Session, "expire_date", 0, _("it ends")),
                Lasts(
                    UserSession,
                    "last_seen_at",
                    "retain_address_days",
                    _("it was last used"),
                    of=_("browser and address"),
                ),
            ),
        ),
        Held(
            what=_(
                "Your second factor: the secret you share with an app (sealed), the "
                "public half of a key, what recovery codes are made from (sealed)"
            ),
            why=_("So that your password alone lets nobody in."),
            at_erasure=AtErasure.GOES,
            parts=(
                Part(
                    Authenticator,
                    ("user", "data"),
                    person="user",
                    shown=("type", "created_at", "last_used_at"),
                ),
            ),
        ),
        Held(
            what=_(
                "Tokens and signed-in programs, and the address a program asked from"
            ),
            why=_("So that programs can act for you, and you can tell which."),
            at_erasure=AtErasure.GOES,
            parts=(
                Part(RefreshToken, ("digest",), person="grant__user"),
                Part(ApiToken, ("user", "label", "digest", "hint"), person="user"),
                Part(
                    DeviceGrant,
                    (
                        *("user", "client_id", "program", "asked_from", "label"),
                        *("device_digest", "user_code_digest"),
                    ),
                    person="user",
                ),
            ),
            lasts=(
                Lasts(
                    DeviceGrant,
                    "expires_at",
                    CODES_LIVE / timedelta(days=1),
                    _("the code expired"),
                    of=_("a program nobody let in"),
                    only=UNDECIDED,
                ),
                Lasts(
                    DeviceGrant,
                    "ended_at",
                    "retain_log_days",
                    _("you ended it"),
                    of=_("a signed-in program"),
                ),
                Lasts(
                    ApiToken,
                    "revoked_at",
                    "retain_log_days",
                    _("you revoked it"),
                    of=_("a token"),
                    only=OF_NO_LOGIN,
                ),
                Lasts(
                    ApiToken,
                    "expires_at",
                    "retain_log_days",
                    _("it expired"),
                    of=_("a token"),
                    only=OF_NO_LOGIN,
                ),
                Lasts(
                    DeviceGrant,
                    "asked_at",
                    "retain_address_days",
                    _("it asked"),
                    of=_("the address of a program"),
                    emptied={"asked_from": ""},
                ),
            ),
        ),
        Held(
            what=_(
                "What we told you, by letter and in your inbox, and what you have read"
            ),
            why=_("So that no letter is lost or sent twice, and you find it again."),
            at_erasure=AtErasure.GOES,
            parts=(
                Part(
                    Notice,
                    ("person", "address", "subject", "text", "path"),
                    person="person",
                ),
            ),
            lasts=(
                Lasts(Notice, "sent_at", "retain_log_days", _("it was sent")),
                Lasts(
                    Notice,
                    "due_at",
                    "retain_log_days",
                    _("you were told"),
                    of=_("what is in your inbox alone"),
                    only=Q(is_mailed=False),
                ),
            ),
        ),
        Held(
            what=_("What staff did in the administration"),
            why=_("So that misuse by staff can be found."),
            at_erasure=AtErasure.GOES,
            parts=(
                Part(
                    LogEntry,
                    ("user", "object_id", "object_repr", "change_message"),
                    person="user",
                ),
            ),
            lasts=(
                Lasts(LogEntry, "action_time", "retain_address_days", _("the act")),
            ),
        ),
    ),
    obstacles=_obstacles,
    erase=_erase,
)
