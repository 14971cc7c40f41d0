"""What people fill in about teams and about who may enter; services judge it."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from training.contests.models import MOST_IN_A_TEAM, SLUG, Registration
from training.contests.services.pages import MOST_TEXT, MOST_TITLE
from training.web.forms import Moment


class RegistrationForm(forms.Form):
    registration = forms.ChoiceField(
        choices=Registration.choices, label=_("Who may enter")
    )
    email_domains = forms.CharField(
        required=False,
        max_length=5000,
        label=_("E-mail domains"),
        help_text=_(
            "Such as example.org, apart by spaces; they count where domains "
            "decide, and only with an address that its owner has confirmed."
        ),
    )
    max_team_size = forms.IntegerField(
        min_value=1,
        max_value=MOST_IN_A_TEAM,
        initial=1,
        label=_("People in a team at most"),
        help_text=_("1 means that everybody competes alone."),
    )

    def clean_email_domains(self) -> list[str]:
        said: str = self.cleaned_data["email_domains"]
        return said.replace(",", " ").split()


class InviteForm(forms.Form):
    names = forms.CharField(
        required=False,
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        label=_("User names"),
        help_text=_(
            "Apart by spaces. Leave it empty to make a link that lets one person "
            "in, whoever uses it first."
        ),
    )
    days = forms.IntegerField(
        min_value=1, max_value=365, initial=14, label=_("Days until it expires")
    )
    note = forms.CharField(
        max_length=200,
        required=False,
        help_text=_("For yourself: whom a link is for."),
        label=_("Note"),
    )

    def clean_names(self) -> list[str]:
        said: str = self.cleaned_data["names"]
        return said.replace(",", " ").split()


class AnnouncementForm(forms.Form):
    title = forms.CharField(max_length=200, label=_("Title"))
    text = forms.CharField(
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_(
            "Markdown. Whoever competes gets it by letter, unless they want none."
        ),
        label=_("Text"),
    )


class PageForm(forms.Form):
    title = forms.CharField(max_length=MOST_TITLE, label=_("Title"))
    text = forms.CharField(
        max_length=MOST_TEXT,
        widget=forms.Textarea(attrs={"rows": 16}),
        help_text=_("Markdown."),
        label=_("Text"),
    )


class KitForm(forms.Form):
    """A file, or a version of a repository."""

    file = forms.FileField(
        required=False,
        help_text=_("A zip, a notebook or any other file."),
        label=_("File"),
    )
    repository = forms.CharField(
        max_length=300,
        required=False,
        help_text=_(
            "Instead of a file: a dataset or a model of this site, such as "
            "datasets/lab/birds."
        ),
        label=_("Repository"),
    )
    revision = forms.CharField(
        max_length=250,
        required=False,
        help_text=_(
            "A branch, a tag or a commit of it; left empty, main. What it is now "
            "is what entrants get."
        ),
        label=_("Revision"),
    )

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if bool(said.get("file")) == bool(said.get("repository")):
            raise forms.ValidationError(
                gettext("Give a file or a repository, one of both.")
            )
        return said


class CloneForm(forms.Form):
    """A contest like another."""

    slug = forms.RegexField(
        SLUG,
        max_length=80,
        label=_("Address"),
        help_text=_("Small letters and hyphens."),
    )
    title = forms.CharField(max_length=200, label=_("Title"))
    starts_at = forms.DateTimeField(widget=Moment, label=_("Opens"))
    ends_at = forms.DateTimeField(
        widget=Moment,
        required=False,
        label=_("Ends"),
        help_text=_(
            "Left empty, it is a benchmark, which never closes. Words, pages, "
            "kits, labels, limits and phases come along; entrants, "
            "submissions and the purse "
            "do not."
        ),
    )
