"""Accounts for staff to read; the two acts they need are services."""

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import admin, messages
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from marketplace.accounts.devices import device_in_words, neighbourhood
from marketplace.accounts.models import (
    ApiToken,
    DeviceGrant,
    Membership,
    MembershipInvitation,
    Namespace,
    Organisation,
    User,
)
from marketplace.accounts.services import (
    clear_second_factor,
    restore_account,
    revoke_token,
    suspend_account,
)
from marketplace.kit.admin import ReadOnlyAdmin, ReadOnlyInline


def _staff_member(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


class MembershipInline(ReadOnlyInline):
    model = Membership
    fields = ("user", "organisation", "role", "since")


@admin.register(User)
class UserAdmin(ReadOnlyAdmin):
    list_display = ("username", "full_name", "email", "is_active", "is_staff")
    list_filter = ("is_active", "is_staff")
    search_fields = ("username__iexact", "email__iexact", "full_name")
    fields = (
        "username",
        "full_name",
        "about",
        "email",
        "is_active",
        "is_staff",
        "is_superuser",
        "date_joined",
        "last_login",
    )
    ordering = ("-date_joined",)
    actions = ("suspend", "restore", "clear_factor")
    inlines = (MembershipInline,)

    @admin.action(description="Suspend: sessions and tokens stop, works stay")
    def suspend(self, request: HttpRequest, people: QuerySet[User]) -> None:
        staff = _staff_member(request)
        for person in people.order_by("pk"):
            if person == staff:
                self.message_user(
                    request, "You cannot suspend your own account.", messages.ERROR
                )
                continue
            suspend_account(staff, user=person, at=timezone.now())
            self.message_user(request, f"The account {person.username} is suspended.")

    @admin.action(description="Restore a suspended account")
    def restore(self, request: HttpRequest, people: QuerySet[User]) -> None:
        staff = _staff_member(request)
        for person in people.order_by("pk"):
            restore_account(staff, user=person, at=timezone.now())
            self.message_user(request, f"The account {person.username} is open again.")

    @admin.action(description="Take the second factor away, of who lost it")
    def clear_factor(self, request: HttpRequest, people: QuerySet[User]) -> None:
        staff = _staff_member(request)
        for person in people.order_by("pk"):
            if clear_second_factor(staff, user=person, at=timezone.now()):
                said = (
                    f"{person.username} signs in by password alone now, and is told so."
                )
            else:
                said = f"{person.username} had none."
            self.message_user(request, said)


@admin.register(Organisation)
class OrganisationAdmin(ReadOnlyAdmin):
    list_display = ("title", "namespace", "created_at")
    list_select_related = ("namespace",)
    search_fields = ("title", "namespace__name__iexact")
    ordering = ("-created_at",)
    inlines = (MembershipInline,)


@admin.register(Namespace)
class NamespaceAdmin(ReadOnlyAdmin):
    list_display = ("name", "user", "organisation")
    list_select_related = ("user", "organisation")
    search_fields = ("name__iexact",)
    ordering = ("name",)


for model in (EmailAddress, Authenticator, UserSession, Group):
    admin.site.unregister(model)  # theirs lets staff write past every service


@admin.register(EmailAddress)
class EmailAddressAdmin(ReadOnlyAdmin):
    list_display = ("email", "user", "verified", "primary")
    list_select_related = ("user",)
    search_fields = ("email__iexact", "user__username__iexact")
    ordering = ("email",)


@admin.register(Authenticator)
class SecondFactorAdmin(ReadOnlyAdmin):
    """Who has which; without what it holds."""

    list_display = ("user", "type", "created_at", "last_used_at")
    list_select_related = ("user",)
    list_filter = ("type",)
    search_fields = ("user__username__iexact",)
    fields = ("user", "type", "created_at", "last_used_at")
    ordering = ("-created_at",)


@admin.register(UserSession)
class SessionAdmin(ReadOnlyAdmin):
    """Where people are signed in, as they see it themselves: no key, no whole address."""

    list_display = ("user", "device", "place", "created_at", "last_seen_at")
    list_select_related = ("user",)
    search_fields = ("user__username__iexact",)
    fields = ("user", "device", "place", "created_at", "last_seen_at")
    ordering = ("-last_seen_at",)

    @admin.display()
    def device(self, session: UserSession) -> str:
        return device_in_words(session.user_agent)

    @admin.display()
    def place(self, session: UserSession) -> str:
        return neighbourhood(session.ip)


@admin.register(ApiToken)
class ApiTokenAdmin(ReadOnlyAdmin):
    """Without the digest: nobody needs it, and it is the lookup key of a secret."""

    list_display = ("label", "user", "hint", "issued_at", "last_used_at", "revoked_at")
    list_select_related = ("user",)
    search_fields = ("user__username__iexact", "hint")
    fields = (
        "user",
        "label",
        "hint",
        "scopes",
        "issued_at",
        "expires_at",
        "last_used_at",
        "revoked_at",
    )
    ordering = ("-issued_at",)
    actions = ("revoke",)

    @admin.action(description="Revoke for good")
    def revoke(self, request: HttpRequest, tokens: QuerySet[ApiToken]) -> None:
        staff = _staff_member(request)
        for token in tokens.order_by("pk"):
            revoke_token(staff, token=token, revoked_at=timezone.now())
        self.message_user(request, "The chosen tokens are revoked.")


@admin.register(DeviceGrant)
class DeviceGrantAdmin(ReadOnlyAdmin):
    """Programs let in by a code, without the digests of their codes."""

    list_display = ("client_id", "user", "label", "state", "asked_at", "asked_from")
    list_select_related = ("user",)
    list_filter = ("state",)
    search_fields = ("user__username__iexact", "client_id")
    fields = (
        "client_id",
        "program",
        "asked_from",
        "scopes",
        "label",
        "user",
        "state",
        "asked_at",
        "decided_at",
        "ended_at",
    )
    ordering = ("-asked_at",)


@admin.register(MembershipInvitation)
class MembershipInvitationAdmin(ReadOnlyAdmin):
    list_display = (
        "organisation",
        "address",
        "role",
        "invited_by",
        "invited_at",
        "closed_at",
        "is_accepted",
    )
    list_select_related = ("organisation", "invited_by")
    list_filter = ("is_accepted",)
    search_fields = ("address__iexact", "organisation__namespace__name__iexact")
    ordering = ("-invited_at", "pk")
