"""The form of a trusted publisher; services judge what it says."""

from typing import Any

from django import forms

from marketplace.publishers.models import ADDRESS_CHARACTERS, SUBJECT_CHARACTERS

GITHUB = "https://token.actions.githubusercontent.com"


class PublisherForm(forms.Form):
    issuer = forms.CharField(
        label="Who vouches for the job",
        max_length=ADDRESS_CHARACTERS,
        initial=GITHUB,
        help_text="The address of the issuer: that of GitHub Actions, or "
        "https://gitlab.com, or of a GitLab or cluster of your own.",
        widget=forms.URLInput(attrs={"autocomplete": "off"}),
    )
    subject = forms.CharField(
        label="Which job",
        max_length=SUBJECT_CHARACTERS,
        help_text="The subject of its token, such as "
        "repo:ada/birds:ref:refs/heads/main on GitHub or "
        "project_path:ada/birds:ref_type:branch:ref:main on GitLab. After the second "
        "part, * stands for anything.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    audience = forms.CharField(
        label="For whom its token is",
        max_length=ADDRESS_CHARACTERS,
        help_text="The HF_ENDPOINT of the job, letter for letter.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    claims = forms.CharField(
        label="What else the token has to say",
        max_length=10_000,
        required=False,
        help_text="One a line, name=value, such as environment=release.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def clean_claims(self) -> dict[str, Any]:
        """Return the value of each claim by its name."""
        claims: dict[str, str] = {}
        for line in filter(str.strip, self.cleaned_data["claims"].splitlines()):
            name, equals, value = line.partition("=")
            if not equals or name.strip() in claims:
                raise forms.ValidationError(
                    f"“{line[:60]}”: write each name once, as name=value."
                )
            claims[name.strip()] = value.strip()
        return claims
