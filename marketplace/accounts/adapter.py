"""How allauth makes accounts here: by our service, under our rule for names."""

from typing import Any, ClassVar

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.core.exceptions import ImmediateHttpResponse
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest
from django.shortcuts import redirect
from django.utils import timezone

from marketplace.accounts.models import Namespace, User
from marketplace.accounts.queries import is_retired
from marketplace.accounts.services import create_account
from marketplace.kit.errors import DomainError


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth is untyped
    error_messages: ClassVar[dict[str, Any]] = {
        **DefaultAccountAdapter.error_messages,
        "email_taken": "Another account has this address.",
        "username_taken": "This name is taken. Choose another.",
        "username_password_mismatch": "This name and password do not go together.",
        "email_password_mismatch": "This address and password do not go together.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002  allauth's shape
        return bool(settings.SIGNUP_IS_OPEN)

    def clean_username(self, username: str, shallow: bool = False) -> str:  # noqa: FBT001, FBT002  allauth's shape
        name: str = super().clean_username(username, shallow)
        if not shallow and (Namespace.objects.named(name).exists() or is_retired(name)):
            raise self.validation_error("username_taken")
        return name

    def can_delete_email(self, email_address: EmailAddress) -> bool:
        """Let go of a claimed address; an account always keeps its own."""
        return bool(email_address.email != email_address.user.email)

    def save_user(
        self,
        request: HttpRequest,
        user: User,  # noqa: ARG002  allauth's empty one; the service makes its own
        form: Any,
        commit: bool = True,  # noqa: ARG002, FBT001, FBT002  allauth's shape
    ) -> User:
        """Make the account that a valid sign-up form asks for.

        Raises:
            ImmediateHttpResponse: someone took the name between check and act.
        """
        wanted = form.cleaned_data
        try:
            return create_account(
                name=wanted["username"],
                email=wanted["email"],
                password=wanted["password1"],
                created_at=timezone.now(),
            )
        except DomainError as refusal:
            messages.error(request, str(refusal))
            raise ImmediateHttpResponse(redirect("account_signup")) from refusal
