"""Submissions as pages: hand in, look how it stands, withdraw; and one's runs."""

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from marketplace.accounts.http import MemberRequest
from marketplace.kit.errors import DomainError
from marketplace.kit.keyset import Order, next_url, page_of
from marketplace.kit.web import refusals_at_fields, refusals_told
from training.contests import services
from training.contests.advice import advice_on
from training.contests.catalogue import not_computed, title_of
from training.contests.layouts import explained, layouts_of
from training.contests.models import Attempt, Format, Score, Submission
from training.contests.permissions import is_of, may_host
from training.contests.queries import (
    calibration_for,
    entrant_of,
    of_teams_of,
    open_phases,
    phases_of,
    private_scores_for,
    quota_now,
    quota_of,
    scores_for,
    shows_private,
    submission_of,
    submissions_of,
    tasks_untold,
    why_untold,
    with_results,
)
from training.contests.several import tasks_of
from training.contests.visits import SiteScore, scores_at_sites
from training.jobs import Stage
from training.kinds.architectures import ARCHITECTURES
from training.runs.permissions import may_control, visible_to
from training.runs.queries import place_of
from training.runs.services import request_cancel
from training.web.charts import reliability_points
from training.web.contests import about, contest_of
from training.web.events import news_of, seen_of
from training.web.files import handed_in
from training.web.formats import FORMAT_HELP, switched_on, taken
from training.web.http import HtmxMemberRequest
from training.web.submission_forms import SubmissionForm

NEWEST = Order(("submitted_at", "id"), descending=True)
POLL_SECONDS = 5
STAGES: dict[str, str] = {  # what a worker is at, in words
    Stage.UNPACK: gettext_noop("unpacking the file"),
    Stage.READ: gettext_noop("reading the predictions"),
    Stage.LOAD: gettext_noop("loading the model"),
    Stage.RUN: gettext_noop("running it on the inputs"),
    Stage.SCORE: gettext_noop("scoring"),
}


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def submit(request: MemberRequest, slug: str) -> HttpResponse:
    contest = contest_of(request, slug)
    entrant = entrant_of(request.user, contest)
    if entrant is None:
        messages.info(
            request, gettext("Join the contest first; its rules are on this page.")
        )
        return redirect("training:contest-detail", slug)
    now = timezone.now()
    phases = [] if contest.is_over(now) else open_phases(contest, at=now)
    form = SubmissionForm(
        request.POST or None, request.FILES or None, contest=contest, phases=phases
    )
    if form.is_valid():
        said = form.cleaned_data
        with refusals_at_fields(form):
            services.require_runnable(said["format"], switched_on=switched_on())
            submission = services.hand_in(
                request.user,
                contest=contest,
                format=Format(said["format"]),
                brought=handed_in(request.user, form, contest=contest, at=now),
                note=said["note"],
                phase=said.get("phase"),
                file=said["file"],
                submitted_at=timezone.now(),
            )
            return redirect("training:submission-detail", submission.pk)
    context = {
        **about(request, contest),
        "form": form,
        "quota": quota_now(entrant, contest, at=now),
        "quotas": [
            (each, quota_of(entrant, contest, at=now, phase=each)) for each in phases
        ],
        "is_shut_between": phases_of(contest).exists() and not phases,
        "layouts": layouts_of(contest, shortened=True),
        "explained": explained(contest),
        "asked": [
            (each, explained(each), layouts_of(each, shortened=True))
            for each in tasks_of(contest)
        ],
        "architectures": ARCHITECTURES.items(),
        "format_help": [
            (each.label, FORMAT_HELP[each], each.value) for each in taken(contest)
        ],
    }
    return render(request, "training/submit.html", context)


@require_safe
@login_required
def own_submissions(request: MemberRequest) -> HttpResponse:
    own = with_results(Submission.objects.filter(of_teams_of(request.user)))
    page = page_of(own, order=NEWEST, cursor=request.GET.get("cursor", ""))
    context = {
        "section": "contests",
        "submissions": _listed(page.rows, is_exact=False),
        "next_url": next_url(request, page),
    }
    return render(request, "training/submission_list.html", context)


@require_safe
@login_required
def contest_submissions(request: MemberRequest, slug: str) -> HttpResponse:
    """List what one's team handed in to a contest; the hosts see everyone's."""
    contest = contest_of(request, slug)
    listed = submissions_of(contest)
    is_host = may_host(request.user, contest)
    if not is_host:
        listed = listed.filter(of_teams_of(request.user))
    page = page_of(listed, order=NEWEST, cursor=request.GET.get("cursor", ""))
    context = {
        **about(request, contest),
        "submissions": _listed(page.rows, is_exact=is_host),
        "next_url": next_url(request, page),
    }
    return render(request, "training/contest_submissions.html", context)


@require_safe
@login_required
def submission_detail(
    request: HtmxMemberRequest, submission_id: uuid.UUID
) -> HttpResponse:
    """Show how a submission stands; htmx asks for the part that changes."""
    submission = submission_of(request.user, submission_id)
    attempt, contest, now = submission.shown, submission.contest, timezone.now()
    is_host = may_host(request.user, contest)
    told = scores_for(submission, is_exact=is_host) or []
    context = {
        **about(request, contest),
        "submission": submission,
        "attempt": attempt,
        "run": attempt.run,
        "place": place_of(attempt.run, now=now),
        "scores": [(title_of(each.metric), each) for each in told],
        "at_sites": _at_sites(submission, is_exact=is_host) if told else [],
        "not_computed": not_computed(
            contest.task,
            [each.metric for each in attempt.public_scores] if told else [],
        ),
        "why_untold": why_untold(submission),
        "tasks_untold": tasks_untold(submission, is_exact=is_host) if told else [],
        "private_scores": _private(
            submission,
            is_exact=is_host,
            shows=shows_private(contest, is_host=is_host, at=now),
        ),
        "reliability": reliability_points(
            calibration_for(submission, is_exact=is_host)
        ),
        "advice": advice_on(attempt.run, submission.format),
        "is_own": is_of(request.user, submission.entrant),
        "stage": gettext(STAGES.get(attempt.run.stage, "")),
        "may_cancel": attempt.run.is_live,
        "may_retry": bool(services.retryable(submission)),
        "scorer_log": attempt.run.scorer_log_tail if is_host else [],
        "log_seen": seen_of(attempt.run),
        "poll_seconds": POLL_SECONDS if attempt.run.is_live else 0,
    }
    whole, part = "training/submission_detail.html", "training/_submission_state.html"
    return render(request, part if request.htmx else whole, context)


def _at_sites(submission: Submission, *, is_exact: bool) -> list[SiteScore]:
    attempt, contest = submission.shown, submission.contest
    if not contest.is_federated:
        return []
    exact = [attempt.pk] if is_exact or submission.entrant.is_baseline else []
    found = scores_at_sites(contest, [attempt.pk], is_exact=exact)
    return found.get(attempt.pk, [])


def _listed(
    rows: list[Submission], *, is_exact: bool
) -> list[tuple[Submission, Score | None]]:
    """Return each submission with the score that ranks, as far as it is told."""
    told = ((each, scores_for(each, is_exact=is_exact)) for each in rows)
    return [(each, scores[0] if scores else None) for each, scores in told]


def _private(
    submission: Submission, *, is_exact: bool, shows: bool
) -> list[tuple[str, object]]:
    if not shows:
        return []
    told = private_scores_for(submission, is_exact=is_exact)
    return [(title_of(each.metric), each) for each in told]


@require_POST
@login_required
def withdraw(request: MemberRequest, submission_id: uuid.UUID) -> HttpResponse:
    submission = submission_of(request.user, submission_id)
    with refusals_told(request):
        services.withdraw(request.user, submission=submission, at=timezone.now())
        messages.success(request, gettext("The submission is withdrawn."))
    return redirect("training:submission-detail", submission_id)


@require_POST
@login_required
def cancel(request: MemberRequest, submission_id: uuid.UUID) -> HttpResponse:
    submission = submission_of(request.user, submission_id)
    with refusals_told(request):
        services.cancel_submission(
            request.user, submission=submission, at=timezone.now()
        )
        messages.success(request, gettext("Its scoring is being stopped."))
    return redirect("training:submission-detail", submission_id)


@require_POST
@login_required
def retry(request: MemberRequest, submission_id: uuid.UUID) -> HttpResponse:
    submission = submission_of(request.user, submission_id)
    with refusals_told(request):
        services.retry_submission(
            request.user, submission=submission, at=timezone.now()
        )
        messages.success(request, gettext("It waits to be scored again."))
    return redirect("training:submission-detail", submission_id)


@require_safe
@login_required
def events(request: MemberRequest, submission_id: uuid.UUID) -> HttpResponse:
    """Answer with what is new about a submission, as server-sent events."""
    run = submission_of(request.user, submission_id).shown.run
    seen = request.headers.get("Last-Event-ID") or request.GET.get("after", "")
    return news_of(run, seen=seen, place=place_of(run, now=timezone.now()))


@require_safe
@login_required
def run_detail(request: MemberRequest, run_id: uuid.UUID) -> HttpResponse:
    run = get_object_or_404(visible_to(request.user).select_related("owner"), pk=run_id)
    attempt = Attempt.objects.filter(run=run).first()
    context = {
        "run": run,
        "place": place_of(run, now=timezone.now()),
        "attempt": attempt,
        "may_cancel": may_control(request.user, run),
    }
    return render(request, "training/run_detail.html", context)


@require_POST
@login_required
def run_cancel(request: MemberRequest, run_id: uuid.UUID) -> HttpResponse:
    run = get_object_or_404(visible_to(request.user), pk=run_id)
    try:
        request_cancel(request.user, run=run, at=timezone.now())
    except (DomainError, PermissionDenied) as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, gettext("The run is being stopped."))
    return redirect("training:run-detail", run_id)
