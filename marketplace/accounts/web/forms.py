"""The forms of settings and organisations."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.forms.boundfield import BoundWidget
from django.http import Http404
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from marketplace.accounts.models import LEGAL, STAFF_SCOPES, Letter, Role, Scope, User
from marketplace.accounts.names import LONGEST_NAME, RULE, validate_name
from marketplace.accounts.queries import find_person

LIFETIMES = [
    ("30", _("30 days")),
    ("90", _("90 days")),
    ("365", _("A year")),
    ("", _("For ever")),
]


ABOUT_HELP = _("A few sentences for everyone to read. Plain text.")


class ProfileForm(forms.Form):
    full_name = forms.CharField(
        max_length=150,
        required=False,
        help_text=_("As you write it yourself. Everyone can read it."),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        label=_("Full name"),
    )
    about = forms.CharField(
        label=_("About you"),
        max_length=2000,
        required=False,
        help_text=ABOUT_HELP,
        widget=forms.Textarea(attrs={"rows": 5}),
    )


class LettersForm(forms.Form):
    saved = forms.CharField(
        widget=forms.HiddenInput, initial="yes"
    )  # if none is chosen
    wanted = forms.MultipleChoiceField(
        label=_("By letter"),
        choices=[(kind.value, kind.label) for kind in Letter if kind not in LEGAL],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    shown = forms.MultipleChoiceField(
        label=_("In the inbox"),
        choices=[(kind.value, kind.label) for kind in Letter if kind not in LEGAL],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )

    def rows(self) -> list[tuple[str, BoundWidget, BoundWidget]]:
        """Return a line for each kind: what it is, its box for letters, for the inbox."""
        wanted, shown = list(self["wanted"]), list(self["shown"])
        return [
            (mail.choice_label, mail, here)
            for mail, here in zip(wanted, shown, strict=True)
        ]


class TokenForm(forms.Form):
    label = forms.CharField(
        label=_("What is it for?"),
        max_length=100,
        help_text=_("So that you know it in the list, such as “training server”."),
    )
    scopes = forms.MultipleChoiceField(
        label=_("What may it do?"),
        choices=Scope.choices,
        widget=forms.CheckboxSelectMultiple,
        initial=[Scope.READ],
        help_text=_("Choose as little as will do. It never may more than you."),
    )
    lifetime = forms.ChoiceField(
        label=_("How long does it work?"),
        choices=LIFETIMES,
        required=False,
        initial="90",
        help_text=_("You can revoke it at any time before."),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not user.is_staff:
            self.fields["scopes"].choices = [  # type: ignore[attr-defined]  # a choice field
                choice for choice in Scope.choices if choice[0] not in STAFF_SCOPES
            ]

    def expires_at(self, issued_at: datetime) -> datetime | None:
        days = self.cleaned_data["lifetime"]
        return issued_at + timedelta(days=int(days)) if days else None


class CodeForm(forms.Form):
    user_code = forms.CharField(
        label=_("Code"),
        max_length=40,
        help_text=_("The program shows it: eight letters, such as BCDF-GHJK."),
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters"}
        ),
    )


class LetInForm(forms.Form):
    label = forms.CharField(
        label=_("What do you call it?"),
        max_length=100,
        help_text=_("So that you know it in the list of your tokens."),
    )
    scopes = forms.MultipleChoiceField(
        label=_("What may it do?"),
        widget=forms.CheckboxSelectMultiple,
        help_text=_("It asks for this. Allow less, if less will do."),
    )

    def __init__(self, data: Any, *, scopes: list[str], label: str) -> None:
        super().__init__(data, initial={"scopes": scopes, "label": label})
        self.fields["scopes"].choices = [  # type: ignore[attr-defined]  # a choice field
            choice for choice in Scope.choices if choice[0] in scopes
        ]


class OrganisationForm(forms.Form):
    title = forms.CharField(
        max_length=200,
        help_text=_("What people call it, such as “University of Patras”."),
        label=_("Title"),
    )
    about = forms.CharField(
        label=_("About it"),
        max_length=2000,
        required=False,
        help_text=ABOUT_HELP,
        widget=forms.Textarea(attrs={"rows": 5}),
    )


class NewOrganisationForm(OrganisationForm):
    name = forms.CharField(
        max_length=LONGEST_NAME,
        validators=[validate_name],
        help_text=format_lazy(
            _("The first part of its addresses; it cannot be changed. {rule}"),
            rule=RULE,
        ),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
        label=_("Name"),
    )
    field_order = ["name", "title", "about"]


class MemberForm(forms.Form):
    name = forms.CharField(
        max_length=LONGEST_NAME,
        label=_("Name on this site"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
    )
    role = forms.ChoiceField(choices=Role.choices, initial=Role.READER, label=_("Role"))

    def clean_name(self) -> str:
        """Replace the name by its person's, whose account is kept as `self.person`."""
        try:
            self.person = find_person(self.cleaned_data["name"])
        except Http404 as fault:
            raise forms.ValidationError(str(fault)) from fault
        return self.person.username


class InvitationForm(forms.Form):
    address = forms.EmailField(
        label=_("E-mail address"),
        max_length=254,
        help_text=_("They get a letter, and answer with an account of their own."),
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    role = forms.ChoiceField(
        choices=Role.choices,
        initial=Role.READER,
        widget=forms.Select(attrs={"id": "id_invited_role"}),
        label=_("Role"),
    )
