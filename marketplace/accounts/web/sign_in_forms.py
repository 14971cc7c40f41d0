"""allauth's forms in our words: labels that say what is meant, help to be read out."""

import struct
from collections.abc import Callable
from typing import Any

from allauth.account import app_settings
from allauth.account import forms as allauth_forms
from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from allauth.mfa.adapter import get_adapter as get_mfa_adapter
from allauth.mfa.base import forms as code_forms
from allauth.mfa.totp import forms as app_forms
from allauth.mfa.webauthn import forms as key_forms
from django import forms
from django.db import transaction
from django.http import HttpRequest
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from marketplace.accounts.models import User
from marketplace.accounts.names import RULE
from marketplace.kit.words import Words

STRENGTH = _(
    "At least 8 characters; not digits alone, not a common password, and not like your "
    "name or e-mail address."
)
UNREADABLE = (AttributeError, IndexError, KeyError, TypeError, ValueError, struct.error)
LABELS: dict[str, Words] = {
    "login": _("Name or e-mail address"),
    "remember": _("Stay signed in for 30 days"),
    "username": _("Name"),
    "email": _("E-mail address"),
    "oldpassword": _("Present password"),
    "password": _("Password"),
    "password1": _("Password"),
    "password2": _("The same password again"),
    "code": _("Code"),
    "name": _("What do you call it?"),
}
HELP: dict[str, Words] = {
    "username": format_lazy(
        _("It is part of the address of what you publish. {rule}"), rule=RULE
    ),
    "password1": STRENGTH,
    "code": _(
        "Six digits, from your authenticator app; or one of your recovery codes."
    ),
}


class InOurWords(forms.Form):
    """Relabels the fields; a placeholder is no label, so there are none."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.label = LABELS.get(name, field.label)
            field.help_text = HELP.get(name, field.help_text)
            field.widget.attrs.pop("placeholder", None)


def is_proven_first() -> bool:
    """Whether an address is confirmed by a letter before anybody signs in with it."""
    method = app_settings.EMAIL_VERIFICATION
    return bool(method == app_settings.EmailVerificationMethod.MANDATORY)


class LoginForm(InOurWords, allauth_forms.LoginForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].widget.attrs["autocomplete"] = "username"


class SignupForm(InOurWords, allauth_forms.SignupForm):
    def validate_unique_email(self, value: str) -> str:
        """Refuse the address of an account, not one that somebody claims unproven.

        Where letters arrive it is not even said: whoever owns the address is written to,
        and whoever typed it learns nothing.
        """
        if User.objects.filter(email__iexact=value).exists():
            if not is_proven_first():
                raise get_adapter().validation_error("email_taken")
            self.account_already_exists = True
        return value


class ChangePasswordForm(InOurWords, allauth_forms.ChangePasswordForm):
    pass


class SetPasswordForm(InOurWords, allauth_forms.SetPasswordForm):
    pass


class ResetPasswordForm(InOurWords, allauth_forms.ResetPasswordForm):
    pass


class ResetPasswordKeyForm(InOurWords, allauth_forms.ResetPasswordKeyForm):
    pass


class ReauthenticateForm(InOurWords, allauth_forms.ReauthenticateForm):
    pass


class ChangeEmailForm(InOurWords, allauth_forms.AddEmailForm):
    def clean_email(self) -> str:
        email: str = super().clean_email()
        if User.objects.filter(email__iexact=email).exclude(pk=self.user.pk).exists():
            raise get_adapter().validation_error("email_taken")
        return email

    @transaction.atomic
    def save(self, request: HttpRequest) -> EmailAddress:
        """Keep the new address beside the present one until a link proves it.

        allauth's own would drop a present address that was never verified.
        """
        theirs = EmailAddress.objects.filter(user=self.user)
        theirs.exclude(email__iexact=self.user.email).delete()
        claimed = theirs.create(user=self.user, email=self.cleaned_data["email"])
        claimed.send_confirmation(request)
        return claimed


class CodeForm(InOurWords, code_forms.AuthenticateForm):
    pass


class CodeAgainForm(InOurWords, code_forms.ReauthenticateForm):
    pass


class ActivateAppForm(InOurWords, app_forms.ActivateTOTPForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].help_text = gettext(
            "The six digits that the app shows now."
        )


def read_as_refusal(read: Callable[[], Any]) -> Any:
    """Return what `read` makes of a key's answer; what is no answer at all is a wrong one.

    Raises:
        ValidationError: it is not one, or a wrong one.
    """
    try:
        return read()
    except UNREADABLE as fault:
        raise get_mfa_adapter().validation_error("incorrect_code") from fault


class AddKeyForm(InOurWords, key_forms.AddWebAuthnForm):
    def clean(self) -> Any:
        return read_as_refusal(super().clean)


class KeyForm(key_forms.AuthenticateWebAuthnForm):
    def clean_credential(self) -> Any:
        return read_as_refusal(super().clean_credential)


class KeyAgainForm(key_forms.ReauthenticateWebAuthnForm):
    def clean_credential(self) -> Any:
        return read_as_refusal(super().clean_credential)


class NameKeyForm(InOurWords, key_forms.EditWebAuthnForm):
    pass
