"""What allauth does here by our services: accounts, and what changes about their safety."""

from typing import Any, ClassVar

import structlog
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import (
    AUTHENTICATION_METHODS_SESSION_KEY,
    get_authentication_records,
)
from allauth.account.internal.flows.login import record_authentication
from allauth.account.models import EmailAddress
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from typing_extensions import override

from marketplace.accounts.devices import device_in_words, neighbourhood
from marketplace.accounts.known_browsers import is_known, make_known
from marketplace.accounts.models import Namespace, User
from marketplace.accounts.queries import is_retired
from marketplace.accounts.second_factor import has_second_factor
from marketplace.accounts.seen import begin
from marketplace.accounts.services import create_account, note_change, note_sign_in
from marketplace.accounts.services.sealed_factors import open_factor, seal_factor
from marketplace.accounts.services.security import CHANGES, Change
from marketplace.kit.errors import DomainError

log = structlog.get_logger(__name__)
PROVES_POSSESSION = {  # of a factor just set up, so that this session has given it
    Change.APP_ADDED: Authenticator.Type.TOTP,
    Change.KEY_ADDED: Authenticator.Type.WEBAUTHN,
}


class AccountAdapter(DefaultAccountAdapter):
    error_messages: ClassVar[dict[str, Any]] = {
        **DefaultAccountAdapter.error_messages,
        "email_taken": "Another account has this address.",
        "username_taken": "This name is taken. Choose another.",
        "username_password_mismatch": "This name and password do not go together.",
        "email_password_mismatch": "This address and password do not go together.",
    }

    @override
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return bool(settings.SIGNUP_IS_OPEN)

    @override
    def clean_username(self, username: str, shallow: bool = False) -> str:
        name: str = super().clean_username(username, shallow)
        if not shallow and (Namespace.objects.named(name).exists() or is_retired(name)):
            raise self.validation_error("username_taken")
        return name

    def can_delete_email(self, email_address: EmailAddress) -> bool:
        """Let go of a claimed address; an account always keeps its own."""
        return bool(email_address.email != email_address.user.email)

    @override
    def save_user(
        self,
        request: HttpRequest,
        user: User,
        form: Any,
        commit: bool = True,
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

    @override
    def send_notification_mail(
        self,
        template_prefix: str,
        user: User,
        context: dict[str, Any] | None = None,
        email: str | None = None,
    ) -> None:
        """Record what changed about the safety of an account, and write to its owner.

        allauth calls this at each such change; its letter is ours, and it also lies in
        the inbox. Other sessions end where the change is one that a thief is shut out by.
        """
        change = CHANGES.get(template_prefix)
        if change is None:
            log.warning("security_change_unknown", change=template_prefix)
            return
        request = self.request
        is_own = request.user.is_authenticated and request.user.pk == user.pk
        note_change(
            user,
            change=change,
            place=self._place(request),
            former_address=email or "",
            kept_session=request.session.session_key if is_own else None,
            at=timezone.now(),
        )
        if is_own and not has_second_factor(user):  # what was given counts no more
            records = get_authentication_records(request, user)
            request.session[AUTHENTICATION_METHODS_SESSION_KEY] = [
                record for record in records if record["method"] != "mfa"
            ]
        if change in PROVES_POSSESSION:
            record_authentication(
                request, user, "mfa", type=PROVES_POSSESSION[change].value
            )

    def post_login(
        self, request: HttpRequest, user: User, *, signup: bool, **more: Any
    ) -> HttpResponse:
        """Record a sign-in, and tell people of one from a browser that was never theirs."""
        answer: HttpResponse = super().post_login(request, user, signup=signup, **more)
        begin(request, at=timezone.now())
        records = get_authentication_records(request, user)
        if not signup:
            note_sign_in(
                user,
                place=self._place(request),
                is_known=is_known(request, user),
                at=timezone.now(),
            )
        if records and records[-1].get("type") == Authenticator.Type.RECOVERY_CODES:
            note_change(
                user,
                change=Change.CODE_USED,
                place=self._place(request),
                at=timezone.now(),
            )
        make_known(answer, request, user)
        return answer

    @override
    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Log from where; never the credentials."""
        log.info("sign_in_failed", address=self._place(request))

    def _place(self, request: HttpRequest) -> str:
        device = device_in_words(self.get_http_user_agent(request))
        return f"{device}, from {neighbourhood(self.get_client_ip(request))}"


class SecondFactorAdapter(DefaultMFAAdapter):
    error_messages: ClassVar[dict[str, Any]] = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": "This is not the code. Wait for the next one, and look whether "
        "the clock of your phone is right.",
        "unverified_email": "Confirm your e-mail address first: if you lose your second "
        "factor, it is how we know you.",
    }

    def encrypt(self, text: str) -> str:
        return seal_factor(text)

    def decrypt(self, encrypted_text: str) -> str:
        return open_factor(encrypted_text)

    @override
    def generate_authenticator_name(self, user: User, kind: Authenticator.Type) -> str:
        """Propose what to call a key; whoever has two calls them by what they are."""
        return "My key"
