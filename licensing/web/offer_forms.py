"""What an owner fills in about an offer beside its licence and price."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from licensing.conditions import (
    LONGEST_PATTERN,
    MOST_DAYS,
    MOST_PATTERNS,
    MOST_SEATS,
    Conditions,
    Insights,
)
from licensing.declared import Whose
from licensing.facts import COMMERCIAL
from licensing.http import party_named
from licensing.models import OfferVersion, Party, ResultsRule, Work
from licensing.services import OfferTerms, PrivateTo
from licensing.services.offer_terms import LONGEST_MESSAGE
from licensing.web.forms import OfferForm
from marketplace.kit.errors import Malformed
from marketplace.kit.web import UtcMoment
from marketplace.kit.words import Words

OPEN_LICENCE = "CC-BY-4.0"
GROUPS = (
    (
        _("How many, how long, which versions"),
        ("seats", "term_days", "without_updates", "territories", "trial_days"),
    ),
    (
        _("Models and insights"),
        ("insights_are", "may_train", "may_publish", "may_sell", "must_report"),
    ),
    (_("A free sample"), ("sample",)),
    (_("For one party alone"), ("party", "expires_at", "message")),
)
KINDS: dict[str, tuple[Words, dict[str, object]]] = {
    "free": (_("Free"), {"title": _("Free for everyone"), "audience": "EVERYONE"}),
    "paid": (_("Paid"), {"title": _("Commercial use"), "audience": "COMMERCE"}),
    "subscription": (
        _("Subscription"),
        {"title": _("By subscription"), "audience": "COMMERCE", "paid": "MONTH"},
    ),
    "seats": (
        _("Seats for an organisation"),
        {
            "title": _("Seats for an organisation"),
            "audience": "COMMERCE",
            "seats": 5,
            "term_days": 365,
        },
    ),
}


class ConditionsForm(forms.Form):
    """All of it is optional: left as it is, the licence alone says what holds."""

    seats = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=MOST_SEATS,
        help_text=_(
            "How many people of an organisation may use it, each by name. Empty is "
            "one person, or everyone in an organisation."
        ),
        label=_("Seats"),
    )
    term_days = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=MOST_DAYS,
        label=_("Days it lasts"),
        help_text=_("From when it is granted; empty is for ever."),
    )
    without_updates = forms.BooleanField(
        required=False, label=_("Versions made later are not included")
    )
    territories = forms.CharField(
        required=False,
        max_length=1000,
        label=_("Where"),
        help_text=_(
            "Two letters a country, such as “GR CY”, or EU. Empty is everywhere."
        ),
    )
    trial_days = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=MOST_DAYS,
        label=_("Days to try it free"),
        help_text=_("Once for each person and organisation; empty is no trial."),
    )
    insights_are = forms.ChoiceField(
        required=False,
        choices=[("", _("The licence alone decides")), *ResultsRule.choices],
        widget=forms.RadioSelect,
        label=_("Whose are the models and insights drawn from it?"),
        help_text=_("What follows counts only if you choose whose they are."),
    )
    may_train = forms.BooleanField(
        required=False, label=_("Models may be trained on it")
    )
    may_publish = forms.BooleanField(
        required=False, label=_("What is drawn from it may be published")
    )
    may_sell = forms.BooleanField(
        required=False, label=_("What is drawn from it may be sold")
    )
    must_report = forms.BooleanField(
        required=False, label=_("Findings are reported back to you")
    )
    sample = forms.CharField(
        required=False,
        max_length=MOST_PATTERNS * (LONGEST_PATTERN + 2),
        widget=forms.Textarea(attrs={"rows": 2}),
        label=_("Files to take without an order"),
        help_text=_("One a line: sample.csv, or sample/* for a folder."),
    )
    party = forms.CharField(
        required=False,
        max_length=96,
        label=_("Whom it is for"),
        help_text=_("The name of a person or organisation here. Nobody else sees it."),
    )
    expires_at = UtcMoment(
        required=False,
        label=_("Until when they may take it"),
        help_text=_("In UTC."),
    )
    message = forms.CharField(
        required=False,
        max_length=LONGEST_MESSAGE,
        widget=forms.Textarea(attrs={"rows": 2}),
        label=_("What you say to them"),
    )

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        said["found"] = None
        if said.get("party"):
            try:
                said["found"] = party_named(said["party"], field="party")
            except Malformed as fault:
                self.add_error("party", str(fault).partition(": ")[2])
            if not said.get("expires_at"):
                self.add_error(
                    "expires_at", gettext("Say until when they may take it.")
                )
        return said

    def groups(self) -> list[tuple[str, list[forms.BoundField], bool]]:
        """Return what is unfolded together: a head, fields, whether any says something."""
        return [
            (str(head), fields, any(field.errors or _says(field) for field in fields))
            for head, fields in (
                (head, [self[name] for name in names]) for head, names in GROUPS
            )
        ]

    def conditions(self) -> Conditions:
        said = self.cleaned_data
        rights = None
        if said["insights_are"]:
            rights = Insights(
                belong_to=Whose(said["insights_are"]),
                may_train=said["may_train"],
                may_publish=said["may_publish"],
                may_sell=said["may_sell"],
                must_report=said["must_report"],
            )
        return Conditions(
            seats=said["seats"],
            term_days=said["term_days"],
            includes_updates=not said["without_updates"],
            territories=tuple(said["territories"].upper().replace(",", " ").split()),
            insights=rights,
            trial_days=said["trial_days"],
            sample=tuple(filter(None, map(str.strip, said["sample"].splitlines()))),
        )

    def private_to(self) -> PrivateTo | None:
        said = self.cleaned_data
        party: Party | None = said["found"]
        if party is None:
            return None
        return PrivateTo(party, said["expires_at"], said["message"])


class RevisionForm(OfferForm):
    """New terms of an offer: its code and price stay as they are."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("code", "price", "currency", "paid", "suggested", "cap"):
            del self.fields[name]


def initial_for(kind: str, work: Work) -> dict[str, object]:
    """Return what the form of a common kind of offer starts with."""
    if kind not in KINDS:
        return {}
    licence = COMMERCIAL if kind != "free" else work.licence_id or OPEN_LICENCE
    price = {"price": "0" if kind == "free" else ""}
    code = {"code": "commercial" if kind == "paid" else kind}
    return {**KINDS[kind][1], **code, **price, "licence": licence}


def initial_of(version: OfferVersion) -> dict[str, object]:
    """Return what a form of new terms starts with: those there are."""
    private = version.for_party
    return {
        "title": version.title,
        "audience": version.audience,
        "licence": version.licence_id,
        "summary": version.summary,
        "decision": version.decision,
        "seats": version.seats,
        "term_days": version.term_days,
        "without_updates": not version.includes_updates,
        "territories": " ".join(version.territories),
        "trial_days": version.trial_days,
        "insights_are": version.insights_are,
        "may_train": version.may_train,
        "may_publish": version.may_publish,
        "may_sell": version.may_sell,
        "must_report": version.must_report,
        "sample": "\n".join(version.sample),
        "party": private.name if private else "",
        "expires_at": version.expires_at,
        "message": version.message,
    }


def terms_said(form: OfferForm, conditions: ConditionsForm) -> OfferTerms:
    """Return the terms that two valid forms say together."""
    said = form.cleaned_data
    return OfferTerms(
        title=said["title"],
        audience=said["audience"],
        licence_id=said["licence"],
        summary=said["summary"],
        decision=said["decision"],
        conditions=conditions.conditions(),
        private_to=conditions.private_to(),
    )


def _says(field: forms.BoundField) -> bool:
    return bool(field.value())
