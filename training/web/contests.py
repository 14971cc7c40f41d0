"""Contests as pages: the list, one, its board, joining it."""

from collections.abc import Sequence
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
)
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from licensing.models import Candidate
from licensing.queries import amounts_of, prizes_of, winners_of
from marketplace.accounts.http import MemberRequest
from marketplace.accounts.models import Namespace
from marketplace.catalog.models import Kind, Repository
from marketplace.catalog.permissions import may_see
from marketplace.catalog.queries import find_repository
from marketplace.kit.keyset import Order, next_url, page_of
from marketplace.storage.delivery import blob_response
from marketplace.storage.models import Blob
from training.contests import services
from training.contests.catalogue import facts_of, title_of
from training.contests.entries import kits_of, pages_of, way_in
from training.contests.finding import with_words
from training.contests.layouts import explained
from training.contests.models import Contest, Phase, Task
from training.contests.permissions import may_host, visible_to
from training.contests.queries import (
    board_of,
    phase_asked_for,
    phases_of,
    place_in,
    quota_now,
)
from training.contests.several import tasks_of
from training.web.formats import taken
from training.web.http import HtmxRequest

RELATED = ("namespace", "host", "dataset__namespace", "purse__funder")
CSV, ZIP = "text/csv; charset=utf-8", "application/zip"
NEWEST = Order(("created_at", "id"), descending=True)


def contest_of(
    request: HttpRequest, slug: str, *, related: Sequence[str] = RELATED
) -> Contest:
    """Return a contest the person may see, or 404.

    Args:
        request: whose.
        slug: of the contest.
        related: what the page shows of it, fetched with it.
    """
    return get_object_or_404(
        visible_to(request.user).select_related(*related), slug=slug
    )


def about(request: HttpRequest, contest: Contest) -> dict[str, Any]:
    """Return what every page of a contest shows of it."""
    phase = contest.phase_at(timezone.now())
    is_practised = phase is Phase.CLOSED and contest.allows_practice
    return {
        "contest": contest,
        "section": "contests",
        "phase": phase,
        "takes_submissions": phase is Phase.OPEN or is_practised,
        "takes_entrants": phase is not Phase.CLOSED or contest.allows_practice,
        "metric": facts_of(contest),
        "formats": taken(contest),
        "is_host": may_host(request.user, contest),
    }


@require_safe
def contest_list(request: HtmxRequest) -> HttpResponse:
    now = timezone.now()
    contests = visible_to(request.user).select_related(*RELATED)
    phase, task = request.GET.get("phase", ""), request.GET.get("task", "")
    if phase in Phase.values:
        contests = contests.in_phase(Phase(phase), at=now)
    if task in Task.values:
        contests = contests.filter(task=task)
    text = request.GET.get("q", "").strip()
    contests = with_words(contests, text)
    dataset, owner = request.GET.get("dataset", ""), request.GET.get("owner", "")
    if dataset:
        contests = contests.filter(dataset__in=_datasets(request, dataset))
    if owner:
        contests = contests.filter(namespace__in=_namespaces(owner))
    narrowed = {"phase": phase, "task": task, "dataset": dataset, "owner": owner}
    page = page_of(contests, order=NEWEST, cursor=request.GET.get("cursor", ""))
    context = {
        "section": "contests",
        "search_action": "/contests",
        "query": text,
        "kept": [(name, said) for name, said in narrowed.items() if said],
        "dataset": dataset,
        "owner": owner,
        "save_query": urlencode({"q": text, "phase": phase, "task": task}),
        "here": request.get_full_path(),
        "rows": [
            (each, each.phase_at(now), title_of(each.metric)) for each in page.rows
        ],
        "phases": Phase.choices,
        "tasks": Task.choices,
        "phase": phase,
        "task": task,
        "next_url": next_url(request, page),
    }
    if not request.htmx or request.htmx.target == "found":
        return render(request, "training/contest_list.html", context)
    lines = request.GET.get("as") == "lines"
    part = "training/_contest_lines.html" if lines else "training/_contest_cards.html"
    return render(request, part, context)


def _namespaces(name: str) -> QuerySet[Namespace]:
    return Namespace.objects.filter(name__iexact=name.replace("\0", ""))


def _datasets(request: HttpRequest, address: str) -> QuerySet[Repository]:
    """Return the dataset at `namespace/name`, if the person may see it, or none."""
    namespace, _, name = address.partition("/")
    try:
        found = find_repository(
            request.user,
            kind=Kind.DATASET,
            namespace=namespace,
            name=name,
            follow=True,
        )
    except Http404:
        return Repository.objects.none()
    return Repository.objects.filter(pk=found.pk)


@require_safe
def contest_detail(request: HttpRequest, slug: str) -> HttpResponse:
    contest = contest_of(request, slug)
    place = place_in(request.user, contest)
    entrant = place and place.entrant
    purse = contest.purse
    amounts = amounts_of(purse) if purse else []
    context = {
        **about(request, contest),
        "entrant": entrant,
        "purse": purse,
        "places": list(enumerate(amounts, 1)),
        "held_minor": sum(amounts),
        "winners": winners_of(purse) if purse and purse.closed_at else [],
        "prize": _own_prize(request, contest),
        "must_accept": place and place.must_accept_rules,
        "way_in": way_in(request.user, contest, at=timezone.now()),
        "quota": quota_now(entrant, contest, at=timezone.now()) if entrant else None,
        "phases": [(each, each.is_open(timezone.now())) for each in phases_of(contest)],
        "top": list(board_of(contest).order_by("place", "id")[:5]),
        "hides_board": contest.hides_board(timezone.now()),
        "explained": explained(contest),
        "asked": [(each, Task(each.task).label) for each in tasks_of(contest)],
        "pages": list(pages_of(contest).defer("text")),
        "kits": list(kits_of(contest)),
        "has_own_workers": services.has_own_workers(contest),
        "dataset_is_visible": may_see(request.user, contest.dataset),
    }
    return render(request, "training/contest_detail.html", context)


def _own_prize(request: HttpRequest, contest: Contest) -> Candidate | None:
    """Return the prize that the person was asked to accept here, if there is one."""
    if contest.purse is None or contest.purse.decided_at is None:
        return None
    return prizes_of(request.user).filter(purse=contest.purse).first()


@require_safe
@login_required
def inputs(request: MemberRequest, slug: str) -> HttpResponseBase:
    contest = contest_of(request, slug)
    phase = phase_asked_for(contest, request.GET.get("phase", ""))
    blob = services.inputs_for(
        request.user, contest=contest, phase=phase, at=timezone.now()
    )
    if contest.task == Task.SEVERAL:
        return _table(request, blob, f"{contest.slug}-inputs.zip", kind=ZIP)
    return _table(request, blob, f"{contest.slug}-inputs.csv")


@require_safe
@login_required
def training(request: MemberRequest, slug: str) -> HttpResponseBase:
    contest = contest_of(request, slug)
    blob = services.training_for(request.user, contest=contest)
    return _table(request, blob, f"{contest.slug}-training.csv")


def _table(
    request: HttpRequest, blob: Blob, filename: str, *, kind: str = CSV
) -> HttpResponseBase:
    return blob_response(
        request,
        blob=blob,
        filename=filename,
        content_type=kind,
        now=timezone.now(),
    )
