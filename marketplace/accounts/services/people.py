"""Accounts of people: made, described, suspended."""

from datetime import datetime

from allauth.account.models import EmailAddress
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.utils.translation import gettext

from marketplace.accounts.models import Namespace, User
from marketplace.accounts.names import fault_of
from marketplace.accounts.permissions import require_staff
from marketplace.accounts.queries import is_retired
from marketplace.kit.audit import record_act
from marketplace.kit.errors import DomainError, Malformed


class NameNotAllowed(Malformed):
    code = "name_not_allowed"


class NameTaken(DomainError):
    code = "name_taken"


class EmailTaken(DomainError):
    code = "email_taken"


@transaction.atomic
def create_account(
    *,
    name: str,
    email: str,
    password: str | None,
    is_staff: bool = False,
    email_is_proven: bool = False,
    created_at: datetime,
) -> User:
    """Make a person's account and the namespace of the same name.

    Args:
        name: by the rule of `accounts.names`, and not another's, whatever its case.
        email: kept in lower case; not yet known to be theirs. It stands above what
            other accounts claim and have not proven.
        password: already found strong enough; None means that none opens the account.
        is_staff: they run this site, and may do everything in its admin.
        email_is_proven: an operator says that it is theirs, so no letter has to.
        created_at: when.

    Raises:
        NameNotAllowed: `name` breaks the rule or is reserved.
        NameTaken: a person or an organisation has it.
        Malformed: `email` is not an e-mail address.
        EmailTaken: another account has it.
    """
    email = email.strip().lower()
    require_free_name(name)
    try:
        validate_email(email)
    except ValidationError as fault:
        raise Malformed(
            gettext("email: “%(email)s” is not an e-mail address.") % {"email": email}
        ) from fault
    _require_free_email(email)
    try:
        with transaction.atomic():
            user = User.objects.create_user(
                name,
                email,
                password,
                is_staff=is_staff,
                is_superuser=is_staff,
                date_joined=created_at,
            )
    except IntegrityError:  # someone was faster
        require_free_name(name)
        _require_free_email(email)
        raise
    EmailAddress.objects.filter(email__iexact=email).delete()  # unproven claims
    if email_is_proven:
        EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    record_act(user, "create_account", user, at=created_at, is_staff=is_staff)
    return user


@transaction.atomic
def update_profile(
    actor: User, *, full_name: str | None = None, about: str | None = None, at: datetime
) -> User:
    """Change what others read about `actor`; None leaves a part as it is."""
    given = {"full_name": full_name, "about": about}
    changes = {name: value for name, value in given.items() if value is not None}
    for name, value in changes.items():
        setattr(actor, name, value.strip())
    if changes:
        actor.save(update_fields=list(changes))
        record_act(actor, "update_profile", actor, at=at, changed=", ".join(changes))
    return actor


@transaction.atomic
def suspend_account(actor: User, *, user: User, at: datetime) -> None:
    """Shut an account: its sessions and tokens stop at once, what it published stays.

    Raises:
        PermissionDenied: `actor` is not staff, or would shut themselves out.
    """
    require_staff(actor)
    if actor.pk == user.pk:
        raise PermissionDenied("You cannot suspend your own account.")
    _set_active(actor, user, is_active=True, becomes=False, at=at)


@transaction.atomic
def restore_account(actor: User, *, user: User, at: datetime) -> None:
    """Open a suspended account again, with the tokens it had.

    Raises:
        PermissionDenied: `actor` is not staff.
    """
    require_staff(actor)
    _set_active(actor, user, is_active=False, becomes=True, at=at)


def _set_active(
    actor: User, user: User, *, is_active: bool, becomes: bool, at: datetime
) -> None:
    people = User.objects.filter(pk=user.pk, is_active=is_active, erased_at=None)
    if people.update(is_active=becomes):
        act = "restore_account" if becomes else "suspend_account"
        record_act(actor, act, user, at=at)
    user.is_active = becomes


def require_free_name(name: str) -> None:
    """Return if a new person or organisation may be called so.

    Raises:
        NameNotAllowed: it breaks the rule or is reserved.
        NameTaken: it is someone's.
    """
    if fault := fault_of(name):
        raise NameNotAllowed(fault)
    if Namespace.objects.named(name).exists() or is_retired(name):
        raise NameTaken(
            gettext("The name “%(name)s” is taken. Choose another.") % {"name": name}
        )


def _require_free_email(email: str) -> None:
    if User.objects.filter(email__iexact=email).exists():
        raise EmailTaken(
            gettext(
                "There is an account with the address %(email)s. Sign in, or ask for "
                "a new password."
            )
            % {"email": email}
        )
