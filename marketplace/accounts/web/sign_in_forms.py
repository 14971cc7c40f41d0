"""allauth's forms in our words: labels that say what is meant, help to be read out."""

from typing import Any

from allauth.account import forms as allauth_forms
from django import forms

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
    pass


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
            raise forms.ValidationError("Another account has this address.")
        return email
