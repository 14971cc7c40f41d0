"""Contests whose labels stay with their owners as pages: open one, see it site by site."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from marketplace.accounts.http import MemberRequest
from marketplace.catalog.models import Kind
from marketplace.catalog.queries import find_repository
from marketplace.kit.keyset import Order, next_url, page_of
from marketplace.kit.web import refusals_at_fields
from training.contests import services
from training.contests.datasets import dataset_terms
from training.contests.manifests import MOST_SITES, SitePlan
from training.contests.models import Format
from training.contests.queries import board_of
from training.contests.visits import board_at_sites
from training.web.contests import about, contest_of
from training.web.forms import ContestForm, soon, text

BETWEEN = "|"
CELLS = range(3, 7)
YES = frozenset({"yes", "losses", "true"})
BY_PLACE = Order(("place", "id"))
ROWS = 50


class FederatedForm(ContestForm):
    """A new contest of which only digests of the labels are told."""

    truth = None  # type: ignore[assignment]  # Django's way to drop a field
    inputs = None  # type: ignore[assignment]
    inputs_hidden_until = None  # type: ignore[assignment]
    sites = forms.CharField(
        max_length=20_000,
        widget=text(4),
        help_text=_(
            "One a line, with | between: its name | SHA-256 of its labels | their "
            "rows | how many are private | SHA-256 of its inputs | yes, "
            "if losses of single "
            "rows may come back. Leave out what does not apply. On the site's machine "
            "“stoa-worker --truth FOLDER --describe” prints the numbers."
        ),
        label=_("Sites"),
    )
    field_order = ["namespace", "slug", "title", "summary", "sites", "task", "metric"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["formats"].initial = [Format.CODE]
        self.fields["classes"].help_text = gettext(
            "With commas between them, in the order that models give them, the positive "
            "one last of two; a forecast's levels or survival's horizons."
        )
        self.fields["is_guarded"].initial = False
        self.fields["is_guarded"].help_text = gettext(
            "A score shows only if it beats the entrant's best, or at first a baseline "
            "that you add, by more than luck explains."
        )

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        said.setdefault("inputs_hidden_until", None)
        return said

    def clean_sites(self) -> list[SitePlan]:
        lines = [
            line for line in self.cleaned_data["sites"].splitlines() if line.strip()
        ]
        if len(lines) > MOST_SITES:
            raise forms.ValidationError(
                gettext("Give at most %(most_sites)s sites.")
                % {"most_sites": MOST_SITES}
            )
        return [_site(line, number) for number, line in enumerate(lines, 1)]


def _site(line: str, number: int) -> SitePlan:
    name, *more = (cell.strip() for cell in line.split(BETWEEN))
    if 1 + len(more) not in CELLS:
        raise forms.ValidationError(
            gettext(
                "Line %(number)s: give a name, the SHA-256 of the labels and their "
                "rows, with %(between)s between."
            )
            % {"number": number, "between": BETWEEN}
        )
    truth, rows, private, inputs, losses = (*more, "", "", "")[:5]
    if not rows.isdecimal() or not (private or "0").isdecimal():
        raise forms.ValidationError(
            gettext("Line %(number)s: give rows as whole numbers.") % {"number": number}
        )
    return SitePlan(
        name=name,
        truth_sha256=truth.casefold(),
        row_count=int(rows),
        private_count=int(private or "0"),
        inputs_sha256=inputs.casefold(),
        gives_losses=losses.casefold() in YES,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def federated_new(request: MemberRequest, namespace: str, name: str) -> HttpResponse:
    """Open a contest whose labels stay at sites of others."""
    dataset = find_repository(
        request.user, kind=Kind.DATASET, namespace=namespace, name=name
    )
    form = FederatedForm(
        request.POST or None,
        host=request.user,
        initial={"starts_at": soon(), "title": dataset.title},
    )
    if form.is_valid():
        with refusals_at_fields(form):
            contest = services.open_federated(
                request.user,
                namespace=form.cleaned_data["namespace"],
                dataset=dataset,
                plan=form.plan(),
                sites=form.cleaned_data["sites"],
                opened_at=timezone.now(),
            )
            messages.success(
                request,
                gettext("%(title)s is open. Make a worker for each site now.")
                % {"title": contest.title},
            )
            return redirect("training:contest-workers", contest.slug)
    context = {
        "form": form,
        "dataset": dataset,
        "terms": dataset_terms(request.user, dataset),
        "section": "contests",
        "time_zone": timezone.get_current_timezone_name(),
    }
    return render(request, "training/federated_new.html", context)


@require_safe
def contest_sites(request: HttpRequest, slug: str) -> HttpResponse:
    """Say where a contest is computed, and what each site said of its board."""
    contest = contest_of(request, slug)
    rows = board_of(contest) if contest.is_federated else board_of(contest).none()
    page = page_of(
        rows, order=BY_PLACE, cursor=request.GET.get("cursor", ""), size=ROWS
    )
    context = {
        **about(request, contest),
        "sites": services.sites_told(contest) if contest.is_federated else (),
        "rows": board_at_sites(contest, page.rows),
        "next_url": next_url(request, page),
    }
    return render(request, "training/contest_sites.html", context)
