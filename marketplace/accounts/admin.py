"""Accounts for staff to read; the two acts they need are services."""

from allauth.account.models import EmailAddress
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from marketplace.accounts.models import (
    ApiToken,
    DeviceGrant,
    Membership,
    Namespace,
    Organisation,
    User,
)
from marketplace.accounts.services import (
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
    actions = ("suspend", "restore")
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


admin.site.unregister(EmailAddress)  # allauth's lets staff write past its own flows


@admin.register(EmailAddress)
class EmailAddressAdmin(ReadOnlyAdmin):
    list_display = ("email", "user", "verified", "primary")
    list_select_related = ("user",)
    search_fields = ("email__iexact", "user__username__iexact")
    ordering = ("email",)


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
