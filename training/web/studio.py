"""Pages to train without code: one's projects, one of them, and what its buttons do."""

from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from marketplace.accounts.http import MemberRequest
from marketplace.catalog.models import Kind
from marketplace.catalog.queries import find_repository
from marketplace.kit.keyset import Order, next_url, page_of
from marketplace.kit.web import refusals_at_fields, refusals_on, refusals_told
from marketplace.storage.delivery import blob_response
from marketplace.storage.services import store_stream
from training.contests.catalogue import title_of
from training.contests.datasets import own_datasets, tables_of
from training.cutting import MOST_SAMPLED_BYTES, MOST_TABLE_BYTES, form_of
from training.learning import LEARNERS, RANKED_BY, Modality
from training.reports.models import State
from training.runs.models import RunStatus
from training.runs.queries import larger_tier, place_of
from training.studio import services
from training.studio.models import BUDGETS, Project, Step
from training.studio.permissions import visible_to
from training.studio.placed import built_on, terms_of
from training.studio.queries import (
    best_of_each_way,
    candidates_of,
    pictures_of,
    predictions_of,
    scores_of,
)
from training.studio.reporting import ask_for_project, report_on
from training.studio.services.publishing import publish_model
from training.web.charts import curve_chart
from training.web.reports import TONES
from training.web.studio_forms import (
    BUDGET_CHOICES,
    DropForm,
    PicturesForm,
    PublishForm,
    TrainForm,
)

NEWEST = Order(("asked_at", "id"), descending=True)
POLL_SECONDS = 2
Act = Callable[[MemberRequest, Project], str]


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def project_list(request: MemberRequest) -> HttpResponse:
    """List one's projects, take a file to learn from, or lead to a dataset named."""
    dropping = DropForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and dropping.is_valid():
        with refusals_on(dropping):
            return redirect("training:studio-project", _dropped(request, dropping).pk)
    namespace, _, name = request.GET.get("dataset", "").strip().partition("/")
    if namespace and name:
        return redirect("training:studio-new", namespace, name)
    own = visible_to(request.user).select_related("dataset__namespace", "run")
    page = page_of(own, order=NEWEST, cursor=request.GET.get("cursor", ""))
    context = {
        "section": "studio",
        "projects": page.rows,
        "next_url": next_url(request, page),
        "datasets": own_datasets(request.user),
        "drop_form": dropping,
    }
    return render(request, "training/studio_list.html", context)


def _dropped(request: MemberRequest, form: DropForm) -> Project:
    """Make a private dataset of what was dropped, and begin to learn from it."""
    file, now = form.cleaned_data["file"], timezone.now()
    most = MOST_SAMPLED_BYTES if form_of(file.name) else MOST_TABLE_BYTES
    limit = min(most, settings.STOA.max_upload_bytes)
    blob = store_stream(file, stored_at=now, limit_bytes=limit)
    dataset = services.dataset_from(request.user, filename=file.name, blob=blob, at=now)
    return services.begin_project(
        request.user, dataset=dataset, path=file.name, asked_at=now
    )


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def project_new(request: MemberRequest, namespace: str, name: str) -> HttpResponse:
    dataset = find_repository(
        request.user, kind=Kind.DATASET, namespace=namespace, name=name
    )
    if request.method == "POST":
        with refusals_told(request):
            project = services.begin_project(
                request.user,
                dataset=dataset,
                path=request.POST.get("path", ""),
                asked_at=timezone.now(),
            )
            return redirect("training:studio-project", project.pk)
    context = {
        "section": "studio",
        "dataset": dataset,
        "tables": tables_of(dataset, most_bytes=MOST_SAMPLED_BYTES),
        "sampled_above": MOST_TABLE_BYTES,
        "pictures": pictures_of(dataset),
    }
    return render(request, "training/studio_new.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def project_detail(request: MemberRequest, project_id: UUID) -> HttpResponse:
    project = own_project(request, project_id)
    publishing = PublishForm(
        request.POST if "name" in request.POST else None,
        user=request.user,
        initial={"namespace": request.user.namespace.name, "title": _title(project)},
    )
    training = _train_form(request, project)
    if publishing.is_valid():
        with refusals_on(publishing):
            made = publish_model(
                request.user,
                project=project,
                publication=publishing.publication(),
                at=timezone.now(),
            )
            messages.success(request, gettext("The model is in the catalogue."))
            return redirect(f"/models/{made.namespace.name}/{made.name}")
    if training is not None and training.is_valid():
        with refusals_at_fields(training):
            services.train(
                request.user,
                project=project,
                choice=training.choice(),
                asked_at=timezone.now(),
            )
            return redirect("training:studio-project", project.pk)
    return _page(request, project, training, publishing)


@require_POST
@login_required
def project_act(request: MemberRequest, project_id: UUID, act: str) -> HttpResponse:
    """Do what a button says; see `_ACTS`."""
    project = own_project(request, project_id)
    with refusals_told(request):
        if told := _ACTS[act](request, project):
            messages.success(request, told)
        if act == "discard":
            return redirect("training:studio-list")
    return redirect("training:studio-project", project_id)


@require_safe
@login_required
def project_bundle(request: MemberRequest, project_id: UUID) -> HttpResponseBase:
    """Give the kept model with all that it needs, as a ZIP."""
    project = own_project(request, project_id)
    bundle = services.bundle_with_report(project, at=timezone.now())
    if bundle is None:
        raise Http404(gettext("No model is kept yet."))
    return blob_response(
        request,
        blob=bundle,
        filename=f"{_title(project)}.zip",
        content_type="application/zip",
        now=timezone.now(),
    )


@require_safe
@login_required
def project_predictions(
    request: MemberRequest, project_id: UUID, place: int
) -> HttpResponseBase:
    """Give what a model that cannot be kept answered to the rows to choose by, as CSV."""
    project = own_project(request, project_id)
    return blob_response(
        request,
        blob=predictions_of(project, place),
        filename=gettext("%(project)s, answers %(place)s.csv")
        % {"project": _title(project), "place": place},
        content_type="text/csv; charset=utf-8",
        now=timezone.now(),
    )


def own_project(request: MemberRequest, project_id: UUID) -> Project:
    """Return a project of the person's own, or 404."""
    projects = visible_to(request.user).select_related(
        "dataset__namespace", "run", "bundle", "published__namespace"
    )
    return get_object_or_404(projects, pk=project_id)


def _pause(request: MemberRequest, project: Project) -> str:
    services.pause(request.user, project=project, at=timezone.now())
    if project.starts_at is not None:
        return gettext("It will not start by itself.")
    return gettext("It is being stopped. What was tried is kept.")


def _go_on(request: MemberRequest, project: Project) -> str:
    more = request.POST.get("more", "0")
    services.go_on(
        request.user,
        project=project,
        more_seconds=int(more) if more.isdecimal() and len(more) < 6 else 0,
        asked_at=timezone.now(),
    )
    return ""


def _again(request: MemberRequest, project: Project) -> str:
    services.do_again(request.user, project=project, asked_at=timezone.now())
    return ""


def _keep(request: MemberRequest, project: Project) -> str:
    services.keep_model(
        request.user,
        project=project,
        key=request.POST.get("key", ""),
        asked_at=timezone.now(),
    )
    return ""


def _test(request: MemberRequest, project: Project) -> str:
    services.open_test(request.user, project=project, asked_at=timezone.now())
    return ""


def _report(request: MemberRequest, project: Project) -> str:
    ask_for_project(request.user, project=project, at=timezone.now())
    return gettext("A worker will look at the model.")


def _watch(request: MemberRequest, project: Project) -> str:
    services.watch_project(request.user, project=project, is_on=True, at=timezone.now())
    return gettext("It is looked at again when its data moves on, and you are told.")


def _unwatch(request: MemberRequest, project: Project) -> str:
    services.watch_project(
        request.user, project=project, is_on=False, at=timezone.now()
    )
    return gettext("It is not looked at again by itself.")


def _discard(request: MemberRequest, project: Project) -> str:
    services.discard_project(request.user, project=project, at=timezone.now())
    return gettext("The project is gone.")


_ACTS: dict[str, Act] = {
    "pause": _pause,
    "go-on": _go_on,
    "again": _again,
    "keep": _keep,
    "test": _test,
    "report": _report,
    "watch": _watch,
    "unwatch": _unwatch,
    "discard": _discard,
}


def _train_form(
    request: MemberRequest, project: Project
) -> TrainForm | PicturesForm | None:
    if project.is_at_work:
        return None
    posted = request.POST if "budget" in request.POST else None
    if pictures := project.image_facts:
        return PicturesForm(posted, facts=pictures)
    if (facts := project.table_facts) is None:
        return None
    has_larger = bool(larger_tier(now=timezone.now()))
    return TrainForm(posted, facts=facts, has_larger=has_larger)


def _page(
    request: MemberRequest,
    project: Project,
    training: TrainForm | PicturesForm | None,
    publishing: PublishForm,
) -> HttpResponse:
    run, plan = project.run, project.learning_plan
    seen = Modality.IMAGE if project.has_pictures else Modality.TABLE
    modality = plan.modality if plan else seen
    rows = candidates_of(project) if plan else []
    report, word = report_on(project), built_on(project)
    best_rows, other_rows = best_of_each_way(rows)
    context: dict[str, Any] = {
        "section": "studio",
        "project": project,
        "title": _title(project),
        "run": run,
        "place": place_of(run, now=timezone.now()),
        "at_work": _at_work(run.stage),
        "facts": project.table_facts,
        "image_facts": project.image_facts,
        "noun": modality.noun,
        "plan": plan,
        "prepared": project.prepared,
        "sample": project.sample,
        "skipped": [
            role
            for role in (project.prepared or {}).get("roles", ())
            if role["role"] in {"SKIPPED", "TEXT"}
        ],
        "rows": rows,
        "best_rows": best_rows,
        "other_rows": other_rows,
        "ways": sorted(
            {row.facts for row in rows}, key=lambda each: (each.complexity, each.title)
        ),
        "kept": next((row for row in rows if row.is_kept), None),
        "has_network": any(row.facts.is_network and row.scores for row in rows),
        "best_is_network": any(
            row.facts.is_network and row.is_recommended for row in rows
        ),
        "is_cut_short": project.checkpoint_id is not None
        and any(row.facts.is_network and row.scores for row in rows),
        "has_foreign": any(row.predictions_at is not None for row in rows),
        "best_is_foreign": any(
            row.facts.is_foreign and row.is_recommended for row in rows
        ),
        "built_on": word,
        "built_on_terms": terms_of(word) if word else None,
        "has_failed": run.status == RunStatus.FAILED,
        "is_trained": bool(project.recommended) and not project.is_at_work,
        "may_go_on": bool(plan) and project.model_id is None and not project.is_at_work,
        "budgets": BUDGET_CHOICES,
        "least_budget": BUDGETS[0],
        "curve": project.learning_curve,
        "curve_title": title_of(RANKED_BY[plan.has_classes]) if plan else "",
        "curve_chart": curve_chart(project.learning_curve),
        "test_scores": scores_of(project.test_scores),
        "report": report,
        "report_tone": TONES[State(report.state)] if report else "",
        "train_form": training,
        "publish_form": publishing if project.bundle_id else None,
        "is_first_look": project.step == Step.LOOK,
        "poll_seconds": POLL_SECONDS if project.is_at_work else None,
    }
    return render(request, "training/studio_project.html", context)


def _at_work(stage: str) -> str:
    """Return a stage in words: most are the name of what is being tried."""
    way = LEARNERS.get(stage)
    return (gettext(way.title) if way else stage).lower()


def _title(project: Project) -> str:
    name = PurePosixPath(project.path).stem or "pictures"
    plan = project.learning_plan
    return f"{plan.target} of {name}" if plan else name
