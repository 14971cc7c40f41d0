"""Pages of one's notebooks and scripts: list, make, change, run."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from marketplace.accounts.http import MemberRequest
from marketplace.kit.keyset import Order, next_url, page_of
from marketplace.kit.web import refusals_at_fields, refusals_told
from marketplace.storage.delivery import blob_response
from marketplace.storage.queries import open_blob
from training.notebooks import services
from training.notebooks.models import Job
from training.notebooks.offered import bounds_here
from training.notebooks.queries import environment_reports, executions_of, jobs_of
from training.notebooks.services.jobs import MOST_DATA_BYTES
from training.web.job_forms import JobForm, RunForm, initial_of, zones

NEWEST = Order(("made_at", "id"), descending=True)
NEWEST_RUN = Order(("number", "id"), descending=True)
SECTION = {"section": "studio"}
MOST_EDITED_BYTES = 200_000


@require_safe
@login_required
def job_list(request: MemberRequest) -> HttpResponse:
    page = page_of(
        jobs_of(request.user), order=NEWEST, cursor=request.GET.get("cursor", "")
    )
    context = {**SECTION, "jobs": page.rows, "next_url": next_url(request, page)}
    return render(request, "training/job_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def job_new(request: MemberRequest) -> HttpResponse:
    bounds, initial = bounds_here(), {"inputs": request.GET.get("dataset", "")}
    form = JobForm(
        request.POST or None,
        request.FILES or None,
        user=request.user,
        bounds=bounds,
        initial=initial,
    )
    if form.is_valid():
        with refusals_at_fields(form, source="file"):
            job = services.create_job(
                request.user, plan=form.plan(), bounds=bounds, at=timezone.now()
            )
            return redirect("training:job-detail", job.pk)
    return render(request, "training/job_form.html", _form_context(form, None))


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def job_edit(request: MemberRequest, job_id: UUID) -> HttpResponse:
    job, bounds = own_job(request, job_id), bounds_here()
    form = JobForm(
        request.POST or None,
        request.FILES or None,
        user=request.user,
        bounds=bounds,
        job=job,
        initial={**initial_of(job), "script": _script_of(job)},
    )
    if form.is_valid():
        with refusals_at_fields(form, source="file"):
            services.edit_job(
                request.user,
                job=job,
                plan=form.plan(),
                bounds=bounds,
                at=timezone.now(),
            )
            return redirect("training:job-detail", job.pk)
    return render(request, "training/job_form.html", _form_context(form, job))


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def job_detail(request: MemberRequest, job_id: UUID) -> HttpResponse:
    """Show a job with its runs; a post runs it with the parameters given."""
    job = own_job(request, job_id)
    form = RunForm(request.POST or None, initial={"parameters": job.parameters})
    if request.method == "POST" and form.is_valid():
        with refusals_at_fields(form):
            execution = services.start_job(
                request.user,
                job=job,
                bounds=bounds_here(),
                parameters=form.cleaned_data["parameters"],
                asked_at=timezone.now(),
            )
            return redirect("training:job-run", job.pk, execution.number)
    page = page_of(
        executions_of(job), order=NEWEST_RUN, cursor=request.GET.get("cursor", "")
    )
    context = {
        **SECTION,
        "job": job,
        "form": form,
        "inputs": job.inputs.select_related("dataset__namespace"),
        "executions": page.rows,
        "next_url": next_url(request, page),
    }
    return render(request, "training/job_detail.html", context)


@require_POST
@login_required
def job_act(request: MemberRequest, job_id: UUID, act: str) -> HttpResponse:
    """Do what a button says; see `_ACTS`."""
    job = own_job(request, job_id)
    with refusals_told(request):
        messages.success(request, _ACTS[act](request, job))
        if act == "delete":
            return redirect("training:job-list")
    return redirect("training:job-detail", job_id)


@require_safe
@login_required
def job_source(request: MemberRequest, job_id: UUID) -> HttpResponseBase:
    job = own_job(request, job_id)
    return blob_response(
        request,
        blob=job.source,
        filename=f"{file_name(job)}.{'ipynb' if job.is_notebook else 'py'}",
        content_type="application/octet-stream",
        now=timezone.now(),
    )


def own_job(request: MemberRequest, job_id: UUID) -> Job:
    """Return a job of the person's own, or 404."""
    return get_object_or_404(jobs_of(request.user), pk=job_id)


def file_name(job: Job) -> str:
    """Return a name for files of a job, without an ending."""
    return slugify(job.name) or "job"


def _delete(request: MemberRequest, job: Job) -> str:
    services.delete_job(request.user, job=job, at=timezone.now())
    return gettext("The job is gone, with all its runs.")


def _pause(request: MemberRequest, job: Job) -> str:
    services.pause_schedule(request.user, job=job, at=timezone.now())
    return gettext("It no longer runs by itself.")


def _resume(request: MemberRequest, job: Job) -> str:
    services.resume_schedule(request.user, job=job, at=timezone.now())
    return gettext("It runs by itself again.")


_ACTS: dict[str, Callable[[MemberRequest, Job], str]] = {
    "delete": _delete,
    "pause": _pause,
    "resume": _resume,
}


def _script_of(job: Job) -> str:
    if job.is_notebook or job.source.size_bytes > MOST_EDITED_BYTES:
        return ""
    with open_blob(job.source_id) as source:
        return source.read().decode("utf-8-sig")


def _form_context(form: JobForm, job: Job | None) -> dict[str, Any]:
    bounds = bounds_here()
    return {
        **SECTION,
        "form": form,
        "job": job,
        "zones": zones(),
        "most_data_bytes": MOST_DATA_BYTES,
        "environments": environment_reports(list(bounds.environments)),
    }
