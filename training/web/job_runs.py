"""Pages of one run of a notebook or script: live, what it left, publish it."""

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from marketplace.accounts.http import MemberRequest
from marketplace.catalog.models import Kind
from marketplace.kit.markdown import render as render_markdown
from marketplace.kit.web import refusals_on, refusals_told
from marketplace.storage.delivery import blob_response
from marketplace.storage.queries import open_blob
from training.notebooks import services
from training.notebooks.executed import MOST_SHOWN_BYTES, shown_cells
from training.notebooks.models import Execution
from training.notebooks.offered import bounds_here
from training.notebooks.queries import executions_visible_to
from training.runs.queries import place_of
from training.web.events import news_of, seen_of
from training.web.http import HtmxMemberRequest
from training.web.job_forms import PublishOutputForm
from training.web.jobs import SECTION, file_name

if TYPE_CHECKING:
    from marketplace.storage.models import Blob

POLL_SECONDS = 5
MOST_LISTED = 200
STAGES = {
    "READ": gettext_noop("fetching its data"),
    "RUN": gettext_noop("running"),
    "KEEP": gettext_noop("keeping what it left"),
}
PARTS = {  # what may be downloaded: the column, how it ends, and its media type
    "notebook.ipynb": ("notebook", "ipynb", "application/x-ipynb+json"),
    "log.txt": ("log", "log.txt", "text/plain; charset=utf-8"),
    "files.zip": ("archive", "zip", "application/zip"),
}


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def run_detail(request: HtmxMemberRequest, job_id: UUID, number: int) -> HttpResponse:
    """Show how a run stands and what it left; a post publishes that.

    htmx asks for the part that changes while it runs.
    """
    execution = own_execution(request, job_id, number)
    job, run = execution.job, execution.run
    files = execution.files.select_related("blob")
    publishing = None
    if not run.is_live and files.exists():
        publishing = _publish_form(request, execution)
        if publishing.is_valid():
            with refusals_on(publishing):
                made = services.publish_output(
                    request.user,
                    execution=execution,
                    publication=publishing.publication(),
                    at=timezone.now(),
                )
                messages.success(request, gettext("It is in the catalogue."))
                return redirect(made.get_absolute_url())
    context: dict[str, Any] = {
        **SECTION,
        "job": job,
        "execution": execution,
        "run": run,
        "place": place_of(run, now=timezone.now()),
        "stage": gettext(STAGES.get(run.stage, "")),
        "inputs": execution.inputs.select_related("dataset__namespace"),
        "files": files[:MOST_LISTED],
        "file_count": files.count(),
        "log_seen": seen_of(run),
        "poll_seconds": POLL_SECONDS if run.is_live else 0,
        "publish_form": publishing,
    }
    whole, part = "training/job_run.html", "training/_job_run_state.html"
    return render(request, part if request.htmx else whole, context)


@require_safe
@login_required
def run_events(request: MemberRequest, job_id: UUID, number: int) -> HttpResponse:
    """Answer with what is new about a run, as server-sent events."""
    run = own_execution(request, job_id, number).run
    seen = request.headers.get("Last-Event-ID") or request.GET.get("after", "")
    return news_of(run, seen=seen, place=place_of(run, now=timezone.now()))


@require_POST
@login_required
def run_act(
    request: MemberRequest, job_id: UUID, number: int, step: str
) -> HttpResponse:
    """Cancel a run, or run its job again with the same parameters."""
    execution, now = own_execution(request, job_id, number), timezone.now()
    with refusals_told(request):
        if step == "cancel":
            services.cancel_execution(request.user, execution=execution, at=now)
            messages.success(request, gettext("It is being stopped."))
        else:
            number = services.start_job(
                request.user,
                job=execution.job,
                bounds=bounds_here(),
                parameters={
                    name: value
                    for name, value in execution.parameters.items()
                    if name in execution.job.parameters
                },
                asked_at=now,
            ).number
    return redirect("training:job-run", job_id, number)


@require_safe
@login_required
def run_notebook(request: MemberRequest, job_id: UUID, number: int) -> HttpResponse:
    """Show the executed notebook: its text and images."""
    execution = own_execution(request, job_id, number)
    if execution.notebook is None:
        raise Http404(gettext("There is no executed notebook."))
    cells = None
    if execution.notebook.size_bytes <= MOST_SHOWN_BYTES:
        with open_blob(execution.notebook.pk) as file:
            cells = shown_cells(file.read())
    shown = [
        (cell, render_markdown(cell.source) if cell.kind == "markdown" else "")
        for cell in cells or ()
    ]
    context = {
        **SECTION,
        "job": execution.job,
        "execution": execution,
        "cells": shown,
        "is_too_large": cells is None,
    }
    return render(request, "training/job_notebook.html", context)


@require_safe
@login_required
def run_part(
    request: MemberRequest, job_id: UUID, number: int, part: str
) -> HttpResponseBase:
    """Give the executed notebook, the log, or all files as a ZIP."""
    execution = own_execution(request, job_id, number)
    column, ending, media_type = PARTS[part]
    blob: Blob | None = getattr(execution, column)
    if blob is None:
        raise Http404(gettext("The run left none."))
    return blob_response(
        request,
        blob=blob,
        filename=f"{file_name(execution.job)}-{number}.{ending}",
        content_type=media_type,
        now=timezone.now(),
    )


@require_safe
@login_required
def run_file(
    request: MemberRequest, job_id: UUID, number: int, path: str
) -> HttpResponseBase:
    """Give one file that a run left."""
    execution = own_execution(request, job_id, number)
    file = get_object_or_404(execution.files.select_related("blob"), path=path)
    return blob_response(
        request,
        blob=file.blob,
        filename=path.rpartition("/")[2],
        content_type="application/octet-stream",
        now=timezone.now(),
    )


def own_execution(request: MemberRequest, job_id: UUID, number: int) -> Execution:
    """Return a run of a job of the person's own, or 404."""
    own = executions_visible_to(request.user)
    return get_object_or_404(own, job=job_id, number=number)


def _publish_form(request: MemberRequest, execution: Execution) -> PublishOutputForm:
    kind = Kind.DATASET
    return PublishOutputForm(
        request.POST if "name" in request.POST else None,
        user=request.user,
        execution=execution,
        initial={
            "kind": kind,
            "namespace": request.user.namespace.name,
            "title": execution.job.name,
            "name": file_name(execution.job),
            "licence_id": services.proposed_licence(request.user, execution, kind=kind),
        },
    )
