"""A contest's own workers as pages: make one, see what they run, revoke one."""

import uuid
from typing import Any

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
from marketplace.kit.web import refusals_at_fields, refusals_told
from training.contests import services
from training.contests.models import Contest
from training.runs.models import WORKER_SILENT_AFTER
from training.web.contests import about
from training.web.hosting import hosted

ELSEWHERE = _(
    "Submissions run on the workers of this site. Make one below to run them on a "
    "machine of yours."
)
WAITING = _("Submissions wait until every site has one. Make the first below.")


class BringForm(forms.Form):
    """What a host says of a new worker."""

    name = forms.CharField(
        max_length=100, label=_("Name"), help_text=_("Such as the machine it runs on.")
    )
    for_namespace = forms.BooleanField(
        required=False, label=_("For all contests of the namespace, not this one alone")
    )

    def __init__(self, *args: Any, contest: Contest, **kwargs: Any) -> None:
        del contest  # all of them are alike to an ordinary worker
        super().__init__(*args, **kwargs)


class SiteForm(BringForm):
    """What a host says of a worker at a site that holds labels."""

    for_namespace = None  # type: ignore[assignment]  # Django's way to drop a field
    site = forms.TypedChoiceField(
        coerce=int, help_text=_("Whose labels it has."), label=_("Site")
    )

    def __init__(self, *args: Any, contest: Contest, **kwargs: Any) -> None:
        super().__init__(*args, contest=contest, **kwargs)
        choices = [(each.number, each.name) for each in contest.sites.all()]
        self.fields["site"].choices = choices  # type: ignore[attr-defined]  # set here


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def contest_workers(request: MemberRequest, slug: str) -> HttpResponse:
    """List the workers of a contest; a new one's token is shown in this answer alone."""
    contest = hosted(request, slug)
    shape = SiteForm if contest.is_federated else BringForm
    form = shape(request.POST or None, contest=contest)
    token = ""
    now = timezone.now()
    if form.is_valid():
        with refusals_at_fields(form):
            bring = (
                services.bring_site_worker
                if contest.is_federated
                else services.bring_worker
            )
            _, token = bring(request.user, contest=contest, at=now, **form.cleaned_data)
            form = shape(contest=contest)
    context = {
        **about(request, contest),
        "form": form,
        "token": token,
        "base_url": settings.STOA.base_url,
        "without": WAITING if contest.is_federated else ELSEWHERE,
        "states": [
            (
                each,
                each.worker.seen_at is not None
                and now - each.worker.seen_at < WORKER_SILENT_AFTER,
            )
            for each in services.workers_of(contest)
        ],
    }
    answer = render(request, "training/contest_workers.html", context)
    answer["Cache-Control"] = "no-store"
    return answer


@require_POST
@login_required
def worker_revoke(request: MemberRequest, slug: str) -> HttpResponse:
    contest = hosted(request, slug)
    try:
        worker_id = uuid.UUID(request.POST.get("worker", ""))
    except ValueError:
        messages.error(request, gettext("Say which worker."))
        return redirect("training:contest-workers", slug)
    with refusals_told(request):
        services.dismiss_worker(
            request.user, contest=contest, worker_id=worker_id, at=timezone.now()
        )
        messages.success(request, gettext("The worker is revoked."))
    return redirect("training:contest-workers", slug)
