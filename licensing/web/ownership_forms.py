"""What people fill in about who made a work and who holds it; services judge it."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from licensing.models import (
    ContributionRole,
    Disclosed,
    DisclosedTo,
    Right,
    Work,
)
from licensing.services.handovers import LONGEST_MESSAGE
from licensing.services.ownership import LONGEST_TEXT

LONG = forms.Textarea(attrs={"rows": 3})
DAY = forms.DateInput(attrs={"type": "date"})
DESCRIBED = _(
    "Only for those without an account here: who they are, such as “unknown crowd "
    "workers of one platform, paid by the hour”."
)


class PartyForm(forms.Form):
    """Whom it is about: an account by name, or others by name and description."""

    name = forms.CharField(
        max_length=200,
        label=_("Who"),
        help_text=_("The name of a person or organisation."),
    )
    description = forms.CharField(
        required=False,
        max_length=LONGEST_TEXT,
        widget=LONG,
        help_text=DESCRIBED,
        label=_("Description"),
    )

    def party(self) -> dict[str, str]:
        """Return what names the party, and take it out of `cleaned_data`."""
        return {
            field: self.cleaned_data.pop(field) for field in ("name", "description")
        }


class ContributionForm(PartyForm):
    role = forms.ChoiceField(choices=ContributionRole.choices, label=_("What they did"))
    revision = forms.CharField(
        required=False,
        max_length=64,
        label=_("Version"),
        help_text=_("The whole id of a commit, if it is about that version alone."),
    )
    evidence = forms.CharField(
        required=False,
        max_length=LONGEST_TEXT,
        widget=LONG,
        help_text=_("How it is known: a protocol, a method section, a receipt."),
        label=_("Evidence"),
    )
    links = forms.CharField(
        required=False,
        max_length=6000,
        widget=LONG,
        help_text=_("Addresses of the web that show it, one a line, ten at most."),
        label=_("Links"),
    )

    def clean_links(self) -> list[str]:
        return str(self.cleaned_data["links"]).split()


class HoldingForm(PartyForm):
    right = forms.ChoiceField(choices=Right.choices, label=_("Right"))
    basis = forms.CharField(
        max_length=LONGEST_TEXT,
        widget=LONG,
        help_text=_("From what it follows: authorship, a contract, a statute."),
        label=_("Basis"),
    )
    territories = forms.CharField(
        required=False,
        max_length=800,
        label=_("Where"),
        help_text=_(
            "Two letters a country, such as “GR CY”, or EU. Empty is everywhere."
        ),
    )
    starts_on = forms.DateField(required=False, widget=DAY, label=_("From"))
    ends_on = forms.DateField(required=False, widget=DAY, label=_("To, inclusive"))

    def clean_territories(self) -> list[str]:
        return str(self.cleaned_data["territories"]).replace(",", " ").split()


class DisclosureForm(forms.Form):
    """One choice for each kind of fact."""

    def __init__(self, *args: Any, work: Work, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kept = dict(work.disclosures.values_list("kind", "audience"))
        for kind in Disclosed:
            self.fields[kind] = forms.ChoiceField(
                choices=DisclosedTo.choices,
                label=kind.label,
                initial=kept.get(kind, DisclosedTo.EVERYONE),
            )


class HandoverForm(forms.Form):
    to = forms.CharField(
        max_length=96,
        help_text=_(
            "The name of a person or organisation. They have 30 days to accept."
        ),
        label=_("To"),
    )
    message = forms.CharField(
        required=False,
        max_length=LONGEST_MESSAGE,
        widget=LONG,
        help_text=_("They read it before they answer."),
        label=_("Message"),
    )
