"""allauth's forms in our words: labels that say what is meant, help to be read out."""

from typing import Any

from allauth.account import forms as allauth_forms
from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from django import forms
from django.db import transaction
from django.http import HttpRequest

from marketplace.accounts.models import User
from marketplace.accounts.names import RULE

STRENGTH = (
    "At least 8 characters; not digits alone, not a common password, and not like your "
    "name or e-mail address."
)
LABELS = {
    "login": "Name or e-mail address",
    "remember": "Stay signed in for 30 days",
    "username": "Name",
    "email": "E-mail address",
    "oldpassword": "Present password",
    "password": "Password",
    "password1": "Password",
    "password2": "The same password again",
}
HELP = {
    "username": f"It is part of the address of what you publish. {RULE}",
    "password1": STRENGTH,
}


class InOurWords(forms.Form):
    """Relabels the fields; a placeholder is no label, so there are none."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.label = LABELS.get(name, field.label)
            field.help_text = HELP.get(name, field.help_text)
            field.widget.attrs.pop("placeholder", None)


class LoginForm(InOurWords, allauth_forms.LoginForm):  # type: ignore[misc]  # untyped
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].widget.attrs["autocomplete"] = "username"


class SignupForm(InOurWords, allauth_forms.SignupForm):  # type: ignore[misc]  # untyped
    def validate_unique_email(self, value: str) -> str:
        """Refuse the address of an account, not one that somebody claims unproven."""
        if User.objects.filter(email__iexact=value).exists():
            raise get_adapter().validation_error("email_taken")
        return value


class ChangePasswordForm(InOurWords, allauth_forms.ChangePasswordForm):  # type: ignore[misc]  # untyped
    pass


class SetPasswordForm(InOurWords, allauth_forms.SetPasswordForm):  # type: ignore[misc]  # untyped
    pass


class ResetPasswordForm(InOurWords, allauth_forms.ResetPasswordForm):  # type: ignore[misc]  # untyped
    pass


class ResetPasswordKeyForm(InOurWords, allauth_forms.ResetPasswordKeyForm):  # type: ignore[misc]  # untyped
    pass


class ReauthenticateForm(InOurWords, allauth_forms.ReauthenticateForm):  # type: ignore[misc]  # untyped
    pass


class ChangeEmailForm(InOurWords, allauth_forms.AddEmailForm):  # type: ignore[misc]  # untyped
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
