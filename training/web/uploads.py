"""Handing in by commits, as pages: the repositories, how to upload, what became of it."""

import uuid

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from marketplace.accounts.http import MemberRequest
from marketplace.kit.keyset import Order, next_url, page_of
from marketplace.kit.web import refusals_at_fields, refusals_told
from training.contests import services
from training.contests.handed import FORMAT_OF_ENDING, commits_of, sources_of
from training.contests.models import Format
from training.contests.queries import entrant_of, open_phases
from training.web.contests import about, contest_of
from training.web.formats import taken

NEWEST = Order(("id",), descending=True)


class UploadRepositoryForm(forms.Form):
    """Which repository a team uploads to."""

    repository = forms.CharField(
        required=False,
        max_length=250,
        label=_("Your repository"),
        help_text=_(
            "owner/name of a private model repository of yours, or "
            "datasets/owner/name. Leave it empty to have a private one made."
        ),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def uploads(request: MemberRequest, slug: str) -> HttpResponse:
    """Show where one's team uploads to, and what became of each commit."""
    contest, now = contest_of(request, slug), timezone.now()
    if entrant_of(request.user, contest) is None:
        messages.info(
            request, gettext("Join the contest first; its rules are on this page.")
        )
        return redirect("training:contest-detail", slug)
    form = UploadRepositoryForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with refusals_at_fields(form):
            source = services.use_repository(
                request.user,
                contest=contest,
                address=form.cleaned_data["repository"],
                at=now,
            )
            messages.success(
                request,
                gettext("What you commit to %(repository)s is handed in now.")
                % {"repository": source.repository},
            )
            return redirect("training:uploads", slug)
    page = page_of(
        commits_of(request.user, contest),
        order=NEWEST,
        cursor=request.GET.get("cursor", ""),
    )
    formats = taken(contest)
    context = {
        **about(request, contest),
        "form": form,
        "sources": list(sources_of(request.user, contest).order_by("made_at", "pk")),
        "commits": page.rows,
        "next_url": next_url(request, page),
        "endings": [
            ending for ending, found in FORMAT_OF_ENDING.items() if found in formats
        ],
        "takes_weights": Format.SAFETENSORS in formats,
        "open_phases": open_phases(contest, at=now),
        "base_url": settings.STOA.base_url.rstrip("/"),
    }
    return render(request, "training/uploads.html", context)


@require_POST
@login_required
def give_up(request: MemberRequest, slug: str, source_id: uuid.UUID) -> HttpResponse:
    contest = contest_of(request, slug)
    with refusals_told(request):
        services.give_up_repository(
            request.user, contest=contest, source_id=source_id, at=timezone.now()
        )
        messages.success(
            request, gettext("Nothing more is handed in from there. It stays yours.")
        )
    return redirect("training:uploads", slug)
