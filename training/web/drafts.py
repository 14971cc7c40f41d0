"""Pages on which a host makes a contest from a table of a dataset."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST

from marketplace.accounts.http import MemberRequest
from marketplace.catalog.models import Kind, Visibility
from marketplace.catalog.queries import find_repository
from marketplace.kit.web import refusals_at_fields, refusals_told
from training.contests import services
from training.contests.catalogue import choice_of, ranking_for
from training.contests.datasets import dataset_terms
from training.contests.models import ContestDraft, DraftState
from training.web.draft_forms import BY, CutForm, OpenDraftForm, described
from training.web.forms import soon

POLL_SECONDS = 2
RUNS_FOR = timedelta(days=30)


@require_POST
@login_required
def draft_begin(request: MemberRequest, namespace: str, name: str) -> HttpResponse:
    dataset = find_repository(
        request.user, kind=Kind.DATASET, namespace=namespace, name=name
    )
    place: tuple[str, ...] = ("training:contest-new", namespace, name)
    with refusals_told(request):
        draft = services.begin_draft(
            request.user,
            dataset=dataset,
            path=request.POST.get("path", ""),
            asked_at=timezone.now(),
        )
        place = ("training:contest-draft", str(draft.pk))
    return redirect(*place)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def draft_detail(request: MemberRequest, draft_id: UUID) -> HttpResponse:
    draft = own_draft(request, draft_id)
    if draft.state == DraftState.OPENED and draft.contest is not None:
        return redirect("training:contest-detail", draft.contest.slug)
    if request.method == "POST" and "slug" in request.POST:
        return _open(request, draft)
    form = _cut_form(request, draft)
    if form is not None and form.is_valid():
        with refusals_at_fields(form):
            services.choose_cut(
                request.user, draft=draft, choice=form.choice(), asked_at=timezone.now()
            )
            return redirect("training:contest-draft", draft.pk)
    opening = _open_form(request, draft) if draft.state == DraftState.READY else None
    return _page(request, draft, cut_form=form, open_form=opening)


@require_POST
@login_required
def draft_act(request: MemberRequest, draft_id: UUID, act: str) -> HttpResponse:
    """Do what a button says: throw the draft away, or try a step again."""
    draft = own_draft(request, draft_id)
    with refusals_told(request):
        if act == "discard":
            services.discard_draft(request.user, draft=draft, at=timezone.now())
            messages.success(request, gettext("The draft is gone."))
            return redirect("training:contest-choose")
        services.try_draft_again(request.user, draft=draft, asked_at=timezone.now())
    return redirect("training:contest-draft", draft.pk)


def own_draft(request: MemberRequest, draft_id: UUID) -> ContestDraft:
    """Return a draft of the person's own, or 404."""
    drafts = ContestDraft.objects.select_related(
        "dataset__namespace", "dataset__work", "contest"
    )
    return get_object_or_404(drafts, pk=draft_id, host=request.user)


def _open(request: MemberRequest, draft: ContestDraft) -> HttpResponse:
    form = _open_form(request, draft)
    if form.is_valid():
        with refusals_at_fields(form):
            contest = services.open_draft(
                request.user,
                draft=draft,
                namespace=form.cleaned_data["namespace"],
                plan=form.plan(),
                opened_at=timezone.now(),
            )
            messages.success(
                request,
                gettext("%(title)s is open to entrants.") % {"title": contest.title},
            )
            return redirect("training:contest-detail", contest.slug)
    return _page(request, draft, cut_form=None, open_form=form)


def _cut_form(request: MemberRequest, draft: ContestDraft) -> CutForm | None:
    if draft.table_facts is None or draft.is_at_work:
        return None
    plan = draft.cut_plan
    chosen = (
        {}
        if plan is None
        else {
            "target": plan.target,
            "id_column": plan.id_column,
            "manner": plan.manner.value,
            **({BY[plan.manner]: plan.by} if plan.manner in BY else {}),
            "held_out": plan.held_out_bps / 100,
            "private": plan.private_bps / 100,
        }
    )
    return CutForm(request.POST or None, facts=draft.table_facts, initial=chosen)


def _open_form(request: MemberRequest, draft: ContestDraft) -> OpenDraftForm:
    possible = ranking_for(draft.task or "")
    form = OpenDraftForm(
        request.POST or None,
        host=request.user,
        draft=draft,
        initial={
            "namespace": request.user.namespace.pk,
            "slug": draft.dataset.name,
            "title": draft.dataset.title,
            "description": described(draft),
            "starts_at": soon(),
            "ends_at": timezone.localtime() + RUNS_FOR,
            "metric": possible[0],
            "formats": ["PREDICTIONS", "ONNX", "CODE"],
        },
    )
    metrics: Any = form.fields["metric"]
    metrics.choices = [(name, choice_of(name)) for name in possible]
    return form


def _page(
    request: MemberRequest,
    draft: ContestDraft,
    *,
    cut_form: CutForm | None,
    open_form: OpenDraftForm | None,
) -> HttpResponse:
    facts = draft.table_facts
    context = {
        "draft": draft,
        "section": "contests",
        "facts": facts,
        "columns": facts.columns if facts else (),
        "plan": draft.cut_plan,
        "made": draft.outcome if draft.state == DraftState.READY else None,
        "cut_form": cut_form,
        "open_form": open_form,
        "terms": dataset_terms(request.user, draft.dataset),
        "is_public": draft.dataset.visibility == Visibility.PUBLIC,
        "poll_seconds": POLL_SECONDS if draft.is_at_work else None,
        "time_zone": timezone.get_current_timezone_name(),
    }
    return render(request, "training/contest_draft.html", context)
