"""Organisations and who belongs to them."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext

from marketplace.accounts.models import Membership, Namespace, Organisation, Role, User
from marketplace.accounts.permissions import require_manager
from marketplace.accounts.services.people import require_free_name
from marketplace.kit.audit import record_act
from marketplace.kit.errors import DomainError


class LastOwner(DomainError):
    code = "last_owner"


class NotAMember(DomainError):
    code = "not_a_member"
    status = 404


@transaction.atomic
def create_organisation(
    actor: User, *, name: str, title: str, about: str = "", created_at: datetime
) -> Organisation:
    """Found an organisation, its namespace, and `actor` as its first owner.

    Args:
        actor: who founds it.
        name: by the rule of `accounts.names`, and not another's, whatever its case.
        title: what people call it, not empty.
        about: a few sentences, as plain text.
        created_at: when.

    Raises:
        NameNotAllowed: `name` breaks the rule or is reserved.
        NameTaken: a person or an organisation has it.
    """
    require_free_name(name)
    organisation = Organisation.objects.create(
        title=title.strip(), about=about.strip(), created_at=created_at
    )
    try:
        with transaction.atomic():
            Namespace.objects.create(name=name, organisation=organisation)
    except IntegrityError:  # someone was faster
        require_free_name(name)
        raise
    Membership.objects.create(
        organisation=organisation, user=actor, role=Role.OWNER, since=created_at
    )
    record_act(actor, "create_organisation", organisation, at=created_at, name=name)
    return organisation


@transaction.atomic
def update_organisation(
    actor: User,
    *,
    organisation: Organisation,
    title: str | None = None,
    about: str | None = None,
    at: datetime,
) -> Organisation:
    """Change what others read about it; None leaves a part as it is.

    Raises:
        PermissionDenied: `actor` is not an owner.
    """
    require_manager(actor, organisation)
    given = {"title": title, "about": about}
    changes = {name: value for name, value in given.items() if value is not None}
    for name, value in changes.items():
        setattr(organisation, name, value.strip())
    if changes:
        organisation.save(update_fields=list(changes))
        changed = ", ".join(changes)
        record_act(actor, "update_organisation", organisation, at=at, changed=changed)
    return organisation


@transaction.atomic
def set_member(
    actor: User, *, organisation: Organisation, user: User, role: Role, since: datetime
) -> Membership:
    """Give `user` a role, whether they had another or none; the same changes nothing.

    Raises:
        PermissionDenied: `actor` is not an owner.
        LastOwner: nobody else would own the organisation.
    """
    take_turn(organisation)
    require_manager(actor, organisation)
    held = Membership.objects.filter(organisation=organisation, user=user).first()
    if held and held.role == role:
        return held
    if held and held.role == Role.OWNER:
        _require_another_owner(organisation, than=user)
    membership, _ = Membership.objects.update_or_create(
        organisation=organisation, user=user, defaults={"role": role, "since": since}
    )
    record_act(
        actor,
        "set_member",
        organisation,
        at=since,
        member=user.username,
        role=str(role),
        was=held.role if held else None,
    )
    return membership


@transaction.atomic
def remove_member(
    actor: User, *, organisation: Organisation, user: User, at: datetime
) -> None:
    """Take `user` out, on the say of an owner or of `user`, who may always leave.

    Raises:
        PermissionDenied: `actor` is neither.
        NotAMember: `user` does not belong to it.
        LastOwner: nobody else would own the organisation.
    """
    take_turn(organisation)
    if actor.pk != user.pk:
        require_manager(actor, organisation)
    held = Membership.objects.filter(organisation=organisation, user=user).first()
    if held is None:
        raise NotAMember(
            gettext("%(username)s is not a member of “%(organisation_title)s”.")
            % {"username": user.username, "organisation_title": organisation.title}
        )
    if held.role == Role.OWNER:
        _require_another_owner(organisation, than=user)
    held.delete()
    record_act(
        actor,
        "remove_member",
        organisation,
        at=at,
        member=user.username,
        was=held.role,
    )


def take_turn(organisation: Organisation) -> None:
    """Let one act at a time change members, so that two owners cannot both leave."""
    Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)


def _require_another_owner(organisation: Organisation, *, than: User) -> None:
    owners = Membership.objects.filter(organisation=organisation, role=Role.OWNER)
    if not owners.exclude(user=than).exists():
        raise LastOwner(
            gettext(
                "%(username)s is the only owner of “%(organisation_title)s”. Make "
                "someone else an owner first."
            )
            % {"username": than.username, "organisation_title": organisation.title}
        )
