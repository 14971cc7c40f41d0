"""The form of a webhook; what it watches is written a line each."""

from typing import Any

from django import forms
from django.http import Http404
from django.utils.translation import gettext_lazy as _

from marketplace.accounts.queries import find_namespace
from marketplace.webhooks.models import (
    SECRET_CHARACTERS,
    URL_CHARACTERS,
    Domain,
    Webhook,
)
from marketplace.webhooks.services import Item

KINDS = {"datasets": "dataset", "models": "model"}


class WebhookForm(forms.Form):
    url = forms.CharField(
        label=_("Where to"),
        max_length=URL_CHARACTERS,
        help_text=_(
            "The address of the program that is told, such as https://example.org/hook."
        ),
        widget=forms.URLInput(attrs={"autocomplete": "off"}),
    )
    watched = forms.CharField(
        label=_("What is watched"),
        max_length=20_000,
        help_text=_(
            "One a line: datasets/name/of-it or models/name/of-it, or only the "
            "name of a person or an organisation for all that is under it."
        ),
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    domains = forms.MultipleChoiceField(
        label=_("What of it"),
        choices=Domain.choices,
        initial=Domain.values,
        widget=forms.CheckboxSelectMultiple,
    )
    secret = forms.CharField(
        max_length=SECRET_CHARACTERS,
        required=False,
        help_text=_(
            "Signs what is sent, so that the receiver knows that it is from here. "
            "It is sent along as X-Webhook-Secret, as Hugging Face does."
        ),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        label=_("Secret"),
    )

    def clean_watched(self) -> list[Item]:
        """Return what each line names."""
        lines = (line.strip() for line in self.cleaned_data["watched"].splitlines())
        return [_item(line) for line in lines if line]


def said_of(webhook: Webhook) -> dict[str, Any]:
    """Return what the form would hold for a webhook."""
    lines = (
        f"{each.type}s/{each.name}" if each.repository_id else each.name
        for each in webhook.watched.all()
    )
    return {
        "url": webhook.url,
        "watched": "\n".join(lines),
        "domains": webhook.domains,
        "secret": webhook.secret,
    }


def _item(line: str) -> Item:
    kind, _, name = line.partition("/")
    if name:
        return Item(KINDS.get(kind, kind), name)
    try:
        is_organisation = find_namespace(line).organisation_id is not None
    except Http404:  # the service says so, as of all that cannot be watched
        is_organisation = False
    return Item("org" if is_organisation else "user", line)
