"""Terms of an owner's own: a list, a form, and another version of what there is."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from licensing import services
from licensing.models import OwnTerms, Party, ResultsRule, TrainingRule
from licensing.permissions import (
    ACTING,
    AnyUser,
    parties_of,
    require_acts_for,
    visible_terms,
)
from licensing.queries import latest_versions
from licensing.services.declared import LONGEST_WORDS, MOST_COUNTED
from marketplace.accounts.http import MemberRequest
from marketplace.accounts.models import Namespace
from marketplace.accounts.queries import namespaces_of
from marketplace.kit.keyset import Order, next_url, page_of
from marketplace.kit.web import choose_from, refusals_on

NEWEST = Order(("written_at", "id"), descending=True)
ANSWERS = (
    *("permits_redistribution", "permits_derivatives", "permits_commercial_use"),
    *("training", "results_are", "asks_credit", "is_revocable"),
    *("seats", "term_days", "territory", "restrictions", "further"),
)


class TermsForm(forms.Form):
    """The facts of somebody's own terms; the text is written from them."""

    title = forms.CharField(
        max_length=150,
        help_text=_("Such as “For teaching, one year”."),
        label=_("Title"),
    )
    permits_commercial_use = forms.BooleanField(
        required=False, label=_("It may be used in business")
    )
    permits_derivatives = forms.BooleanField(
        required=False, label=_("It may be changed and merged with other works")
    )
    permits_redistribution = forms.BooleanField(
        required=False,
        label=_("It may be passed on"),
        help_text=_(
            "Under these same terms; for money too, if it may be used in business."
        ),
    )
    training = forms.ChoiceField(
        choices=TrainingRule.choices,
        widget=forms.RadioSelect,
        label=_("May models be trained on it?"),
        initial=TrainingRule.NO,
    )
    results_are = forms.ChoiceField(
        choices=ResultsRule.choices,
        widget=forms.RadioSelect,
        label=_("Whose are the results and insights drawn from it?"),
        initial=ResultsRule.TAKER,
    )
    asks_credit = forms.BooleanField(
        required=False, label=_("Publications must name the work and its makers")
    )
    is_revocable = forms.BooleanField(
        required=False, label=_("We may end the agreement early")
    )
    seats = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=MOST_COUNTED,
        help_text=_("How many people may use it; empty for any number."),
        label=_("Seats"),
    )
    term_days = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=MOST_COUNTED,
        label=_("Days it lasts"),
        help_text=_("From its acceptance; empty for ever."),
    )
    territory = forms.CharField(
        required=False,
        max_length=200,
        help_text=_("Where; empty for everywhere."),
        label=_("Territory"),
    )
    restrictions = forms.CharField(
        required=False,
        max_length=LONGEST_WORDS,
        widget=forms.Textarea(attrs={"rows": 3}),
        label=_("Forbidden uses"),
        help_text=_(
            "They bind whoever receives the work. Needed on what is made from "
            "models under OpenRAIL, Llama or Gemma: repeat their restrictions here."
        ),
    )
    further = forms.CharField(
        required=False,
        max_length=LONGEST_WORDS,
        widget=forms.Textarea(attrs={"rows": 3}),
        label=_("Further terms, in words"),
    )


class NewTermsForm(TermsForm):
    owner = forms.ModelChoiceField(
        queryset=Namespace.objects.none(),
        to_field_name="name",
        empty_label=None,
        label=_("Whose terms"),
        help_text=_("You, or an organisation you own."),
    )
    field_order = ["owner"]

    def __init__(self, *args: Any, user: AnyUser, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        acted_for = namespaces_of(user, *ACTING)
        choose_from(self, "owner", acted_for.order_by("name"))


@require_safe
@login_required
def terms_list(request: MemberRequest) -> HttpResponse:
    page = page_of(
        latest_versions(request.user),
        order=NEWEST,
        cursor=request.GET.get("cursor", ""),
    )
    acting = set(parties_of(request.user, roles=ACTING).values_list("pk", flat=True))
    context = {
        "versions": page.rows,
        "acting": acting,
        "next_url": next_url(request, page),
    }
    return render(request, "licensing/terms_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def new_terms(request: MemberRequest) -> HttpResponse:
    form = NewTermsForm(request.POST or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            said = form.cleaned_data
            return _declare(request, said, services.party_of(said["owner"]))
    return render(request, "licensing/terms_new.html", {"form": form})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def new_version(request: MemberRequest, terms_id: UUID) -> HttpResponse:
    seen = visible_terms(request.user).filter(terms=terms_id).order_by("-number")
    latest = get_object_or_404(seen[:1])
    require_acts_for(request.user, latest.terms.owner)
    initial = {name: getattr(latest, name) for name in ANSWERS}
    form = TermsForm(
        request.POST or None, initial={**initial, "title": latest.declared().title}
    )
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            terms = latest.terms
            return _declare(request, form.cleaned_data, terms.owner, terms=terms)
    context = {"form": form, "latest": latest}
    return render(request, "licensing/terms_new.html", context)


def _declare(
    request: MemberRequest,
    said: dict[str, Any],
    owner: Party,
    *,
    terms: OwnTerms | None = None,
) -> HttpResponse:
    version = services.declare_terms(
        request.user,
        owner=owner,
        title=said["title"],
        **{name: said[name] for name in ANSWERS},
        declared_at=timezone.now(),
        terms=terms,
    )
    messages.success(request, gettext("The terms are written. Offers may name them."))
    return redirect("front:licence", version.licence_id)
