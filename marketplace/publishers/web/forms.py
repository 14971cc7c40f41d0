"""The form of a trusted publisher; services judge what it says."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from marketplace.publishers.models import ADDRESS_CHARACTERS, SUBJECT_CHARACTERS

GITHUB = "https://token.actions.githubusercontent.com"


class PublisherForm(forms.Form):
    issuer = forms.CharField(
        label=_("Who vouches for the job"),
        max_length=ADDRESS_CHARACTERS,
        initial=GITHUB,
        help_text=_(
            "The address of the issuer: that of GitHub Actions, or "
            "https://gitlab.com, or of a GitLab or cluster of your own."
        ),
        widget=forms.URLInput(attrs={"autocomplete": "off"}),
    )
    subject = forms.CharField(
        label=_("Which job"),
        max_length=SUBJECT_CHARACTERS,
        help_text=_(
            "The subject of its token, such as "
            "repo:ada/birds:ref:refs/heads/main on GitHub or "
            "project_path:ada/birds:ref_type:branch:ref:main on GitLab. After the second "
            "part, * stands for anything."
        ),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    audience = forms.CharField(
        label=_("For whom its token is"),
        max_length=ADDRESS_CHARACTERS,
        help_text=_("The HF_ENDPOINT of the job, letter for letter."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    claims = forms.CharField(
        label=_("What else the token has to say"),
        max_length=10_000,
        required=False,
        help_text=_("One a line, name=value, such as environment=release."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def clean_claims(self) -> dict[str, Any]:
        """Return the value of each claim by its name."""
        claims: dict[str, str] = {}
        for line in filter(str.strip, self.cleaned_data["claims"].splitlines()):
            name, equals, value = line.partition("=")
            if not equals or name.strip() in claims:
                raise forms.ValidationError(
                    gettext("“%(line)s”: write each name once, as name=value.")
                    % {"line": line[:60]}
                )
            claims[name.strip()] = value.strip()
        return claims
