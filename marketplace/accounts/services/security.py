"""What changes about the safety of an account: recorded, told its owner, sessions ended."""

from datetime import datetime
from enum import Enum

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext

from marketplace.accounts.models import Letter, User
from marketplace.accounts.permissions import require_staff
from marketplace.accounts.services.notices import notify
from marketplace.kit.audit import record_act
from marketplace.kit.errors import DomainError


class NoSuchSession(DomainError):
    code = "no_such_session"
    status = 404


class Change(Enum):
    """What may change: the act it is recorded as, and what its owner is told."""

    PASSWORD_CHANGED = ("change_password", "Your password was changed")
    PASSWORD_SET = ("set_password", "A password was set for your account")
    PASSWORD_RESET = ("reset_password", "Your password was replaced by a link")
    ADDRESS_CHANGED = ("change_address", "The e-mail address of your account changed")
    APP_ADDED = ("add_app", "An authenticator app is your second factor now")
    APP_REMOVED = ("remove_app", "Your authenticator app is no second factor any more")
    KEY_ADDED = ("add_key", "A key is your second factor now")
    KEY_REMOVED = ("remove_key", "A key is no second factor of yours any more")
    CODES_MADE = ("make_recovery_codes", "You have new recovery codes")
    CODE_USED = ("use_recovery_code", "A recovery code was used to sign in as you")
    CLEARED = ("clear_second_factor", "Staff took the second factor from your account")

    @property
    def act(self) -> str:
        return self.value[0]

    @property
    def subject(self) -> str:
        return self.value[1]


CHANGES = {  # as allauth names its letters
    "account/email/password_changed": Change.PASSWORD_CHANGED,
    "account/email/password_set": Change.PASSWORD_SET,
    "account/email/password_reset": Change.PASSWORD_RESET,
    "account/email/email_changed": Change.ADDRESS_CHANGED,
    "mfa/email/totp_activated": Change.APP_ADDED,
    "mfa/email/totp_deactivated": Change.APP_REMOVED,
    "mfa/email/webauthn_added": Change.KEY_ADDED,
    "mfa/email/webauthn_removed": Change.KEY_REMOVED,
    "mfa/email/recovery_codes_generated": Change.CODES_MADE,
}
SHUTS_OUT = frozenset(  # whoever else is signed in as them
    {
        Change.PASSWORD_CHANGED,
        Change.PASSWORD_SET,
        Change.PASSWORD_RESET,
        Change.APP_ADDED,
        Change.KEY_ADDED,
    }
)
NOT_YOU = (
    "If that was not you, change your password at once, end all other sessions, and look "
    "at your second factor."
)


@transaction.atomic
def note_change(
    user: User,
    *,
    change: Change,
    place: str,
    former_address: str = "",
    kept_session: str | None = None,
    at: datetime,
) -> None:
    """Record a change, tell its owner, and end other sessions where that shuts out thieves.

    Args:
        user: whose account.
        change: what.
        place: device and neighbourhood of whoever did it, in words.
        former_address: the e-mail address before the change, which is told, too.
        kept_session: the key of the session that made the change, if it was one.
        at: when.
    """
    record_act(user, change.act, user, at=at)
    _tell(
        user,
        subject=f"{change.subject}.",
        text=f"{change.subject}: by {place}.",
        address=former_address,
        at=at,
    )
    if change in SHUTS_OUT:
        _end(UserSession.objects.filter(user=user), but=kept_session)


@transaction.atomic
def note_sign_in(user: User, *, place: str, is_known: bool, at: datetime) -> None:
    """Record a sign-in; of a browser that was not known, tell whose account it is.

    Args:
        user: whose account.
        place: device and neighbourhood of whoever did it, in words.
        is_known: they signed in with this browser before.
        at: when.
    """
    if is_known:
        record_act(user, "sign_in", user, at=at)
        return
    record_act(user, "sign_in_elsewhere", user, at=at)
    _tell(
        user,
        subject=f"You signed in from a new device: {place}.",
        text=f"Somebody signed in as you: {place}.",
        at=at,
    )


@transaction.atomic
def end_session(actor: User, *, session: UserSession, at: datetime) -> None:
    """Sign one of one's own browsers out.

    Raises:
        NoSuchSession: it is another's.
    """
    if session.user_id != actor.pk:
        raise NoSuchSession(gettext("You have no such session."))
    if _end(UserSession.objects.filter(pk=session.pk)):
        record_act(actor, "end_session", actor, at=at, count=1)


@transaction.atomic
def end_other_sessions(actor: User, *, but: str, at: datetime) -> int:
    """Sign all of one's browsers out but this one; return how many they were.

    Args:
        actor: whose.
        but: the key of the session that stays.
        at: when.
    """
    ended = _end(UserSession.objects.filter(user=actor), but=but)
    if ended:
        record_act(actor, "end_session", actor, at=at, count=ended)
    return ended


@transaction.atomic
def clear_second_factor(actor: User | None, *, user: User, at: datetime) -> bool:
    """Take the second factor from an account whose owner lost it; whether there was one.

    Staff do so for somebody whom they know otherwise. All sessions end, and the owner is
    written to.

    Args:
        actor: of the staff; None is the operator at the machine.
        user: who lost it.
        at: when.

    Raises:
        PermissionDenied: `actor` is not staff.
    """
    if actor is not None:
        require_staff(actor)
    held, _ = Authenticator.objects.filter(user=user).delete()
    if not held:
        return False
    record_act(actor, Change.CLEARED.act, user, at=at)
    _tell(
        user,
        subject=f"{Change.CLEARED.subject}.",
        text=f"{Change.CLEARED.subject}, as somebody asked for.",
        path=reverse("mfa_index"),
        at=at,
    )
    _end(UserSession.objects.filter(user=user))
    return True


def note_seen(session_key: str, *, ip: str, user_agent: str, at: datetime) -> None:
    """Write that a session was used, by whom as a browser says, and from where."""
    UserSession.objects.filter(session_key=session_key).update(
        last_seen_at=at, ip=ip, user_agent=user_agent
    )


def _tell(
    user: User,
    *,
    subject: str,
    text: str,
    path: str = "",
    address: str = "",
    at: datetime,
) -> None:
    """Write to whose account it is, and what to do if they know nothing of it."""
    notify(
        [user],
        kind=Letter.SECURITY,
        subject=subject,
        text=f"{text} {NOT_YOU}",
        path=path or reverse("accounts:sessions"),
        address=address,
        at=at,
    )


def _end(sessions: QuerySet[UserSession], but: str | None = None) -> int:
    keys = list(
        sessions.exclude(session_key=but or "").values_list("session_key", flat=True)
    )
    Session.objects.filter(session_key__in=keys).delete()
    UserSession.objects.filter(session_key__in=keys).delete()
    return len(keys)
