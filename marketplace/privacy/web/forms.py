"""The form by which somebody leaves."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from marketplace.accounts.models import User


class LeaveForm(forms.Form):
    removes_words = forms.BooleanField(
        label=_("Take out the words of my comments, too"),
        required=False,
        help_text=_("Otherwise they stay, signed with the pseudonym."),
    )
    name = forms.CharField(
        label=_("Your name here"),
        max_length=100,
        help_text=_("Type it, so that nothing happens by mistake."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    password = forms.CharField(
        label=_("Your password"),
        max_length=4096,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        if not user.has_usable_password():
            del self.fields["password"]

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if name.lower() != self.user.username.lower():
            raise forms.ValidationError(
                gettext("That is not it: write %(username)s.")
                % {"username": self.user.username}
            )
        return name

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        if not self.user.check_password(password):
            raise forms.ValidationError(gettext("That is not your password."))
        return password
