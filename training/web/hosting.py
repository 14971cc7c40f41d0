"""Pages of a host: a new contest, and running one."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from marketplace.accounts.http import MemberRequest
from marketplace.catalog.models import Kind, Repository
from marketplace.catalog.queries import find_repository
from marketplace.kit.web import refusals_at_fields, refusals_told
from marketplace.kit.words import Words
from training.contests import services
from training.contests.comparisons import (
    checks_of,
    pending_changes,
    pending_phase_changes,
)
from training.contests.datasets import dataset_terms, own_datasets, tables_of
from training.contests.models import Contest, ContestDraft, Format, Task
from training.contests.permissions import require_host
from training.contests.queries import phases_of
from training.contests.stages import stages_of, tally_of, work_of
from training.kinds.columns import HELD_BACK
from training.web.contests import about, contest_of
from training.web.files import stored
from training.web.forms import (
    BaselineForm,
    ContestForm,
    ExtendForm,
    RescoreForm,
    WordsForm,
    soon,
)
from training.web.http import HtmxMemberRequest

OWN_DRAFTS = 50
OF_RESCORING = _(
    "Every submission is scored again beside the board, which stays as it is. When all "
    "are done you see whose score and rank would change, and publish or drop it."
)
OF_BASELINES = _(
    "What you hand in here is scored as a submission is, marked on the board, and has "
    "no rank: it shows what little effort or a known method reaches."
)


@require_safe
@login_required
def contest_choose(request: MemberRequest) -> HttpResponse:
    """Ask which dataset a new contest is about; one that is named leads on."""
    namespace, _, name = request.GET.get("dataset", "").strip().partition("/")
    if namespace and name:
        return redirect("training:contest-new", namespace, name)
    drafts = ContestDraft.objects.filter(host=request.user, contest=None)
    context = {
        "datasets": own_datasets(request.user),
        "drafts": list(
            drafts.select_related("dataset__namespace").order_by("-asked_at", "-id")[
                :OWN_DRAFTS
            ]
        ),
        "section": "contests",
    }
    return render(request, "training/contest_choose.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def contest_new(request: MemberRequest, namespace: str, name: str) -> HttpResponse:
    dataset = find_repository(
        request.user, kind=Kind.DATASET, namespace=namespace, name=name
    )
    form = ContestForm(
        request.POST or None,
        request.FILES or None,
        host=request.user,
        initial={"starts_at": soon(), "title": dataset.title},
    )
    if form.is_valid():
        with refusals_at_fields(form):
            contest = _open(request, form, dataset)
            messages.success(
                request,
                gettext("%(title)s is open to entrants.") % {"title": contest.title},
            )
            return redirect("training:contest-detail", contest.slug)
    context = {
        "form": form,
        "dataset": dataset,
        "tables": tables_of(dataset),
        "terms": dataset_terms(request.user, dataset),
        "section": "contests",
        "held_back": [
            (Task(kind).label, gettext(told)) for kind, told in HELD_BACK.items()
        ],
        "time_zone": timezone.get_current_timezone_name(),
    }
    return render(request, "training/contest_new.html", context)


def _open(request: MemberRequest, form: ContestForm, dataset: Repository) -> Contest:
    said = form.cleaned_data
    return services.open_contest(
        request.user,
        namespace=said["namespace"],
        dataset=dataset,
        plan=form.plan(),
        truth=said["truth"],
        inputs=said["inputs"],
        opened_at=timezone.now(),
    )


@require_safe
@login_required
def contest_host(request: HtmxMemberRequest, slug: str) -> HttpResponse:
    """Lead to all that a host does; htmx asks how far scoring has come."""
    contest = hosted(request, slug)
    work = work_of(contest)
    if request.htmx:
        part = {"contest": contest, "work": work}
        answer = render(request, "training/_host_work.html", part)
        if not (work and work.left):
            answer["HX-Refresh"] = "true"
        return answer
    context = {
        **about(request, contest),
        "changes": pending_changes(contest),
        "phase_changes": pending_phase_changes(contest),
        "work": work,
        "checks": checks_of(contest),
        "stages": stages_of(contest, work, at=timezone.now()),
        "tally": tally_of(contest),
    }
    return render(request, "training/contest_host.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def contest_edit(request: MemberRequest, slug: str) -> HttpResponse:
    contest = hosted(request, slug)
    form = WordsForm(request.POST or None, initial=_words(contest))
    if form.is_valid():
        with refusals_at_fields(form):
            services.update_contest(
                request.user,
                contest=contest,
                changes=form.cleaned_data,
                at=timezone.now(),
            )
            messages.success(request, gettext("The contest is changed."))
            return redirect("training:contest-host", slug)
    return form_page(
        request, contest, form, gettext("Change the contest"), gettext("Save")
    )


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def contest_extend(request: MemberRequest, slug: str) -> HttpResponse:
    contest = hosted(request, slug)
    form = ExtendForm(request.POST or None)
    if form.is_valid():
        with refusals_at_fields(form):
            services.extend_contest(
                request.user,
                contest=contest,
                at=timezone.now(),
                ends_at=form.cleaned_data["ends_at"],
            )
            messages.success(request, gettext("The contest ends later now."))
            return redirect("training:contest-host", slug)
    explanation = gettext("It ends on %(end_said)s. It can only be made longer.") % {
        "end_said": contest.end_said
    }
    return form_page(
        request,
        contest,
        form,
        gettext("Extend the contest"),
        gettext("Extend"),
        explanation=explanation,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def baseline_new(request: MemberRequest, slug: str) -> HttpResponse:
    contest = hosted(request, slug)
    form = BaselineForm(request.POST or None, request.FILES or None, contest=contest)
    if form.is_valid():
        said = form.cleaned_data
        with refusals_at_fields(form):
            submission = services.add_baseline(
                request.user,
                contest=contest,
                name=said["name"],
                format=Format(said["format"]),
                blob=stored(form),
                filename=said["file"].name,
                submitted_at=timezone.now(),
            )
            return redirect("training:submission-detail", submission.pk)
    return form_page(
        request,
        contest,
        form,
        gettext("Add a baseline"),
        gettext("Add"),
        explanation=OF_BASELINES,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def rescore_new(request: MemberRequest, slug: str) -> HttpResponse:
    contest = hosted(request, slug)
    phases = [] if contest.task == Task.PROGRAM else phases_of(contest)
    form = RescoreForm(
        request.POST or None,
        request.FILES or None,
        phases=[each for each in phases if each.has_board],
    )
    if request.method == "POST" and form.is_valid():
        with refusals_at_fields(form):
            services.rescore(
                request.user,
                contest=contest,
                truth=form.cleaned_data["truth"],
                phase=form.cleaned_data.get("phase"),
                at=timezone.now(),
            )
            messages.success(request, gettext("Every submission is being scored anew."))
            return redirect("training:contest-host", slug)
    return form_page(
        request,
        contest,
        form,
        gettext("Score everyone anew"),
        gettext("Score anew"),
        explanation=OF_RESCORING,
    )


@require_POST
@login_required
def contest_act(request: MemberRequest, slug: str, act: str) -> HttpResponse:
    """Do what a button says: to the contest, its re-scoring, its board or its purse."""
    contest = hosted(request, slug)
    acts = {
        "close": (services.close_contest, gettext("The contest is closed.")),
        "publish": (
            services.publish_rescore,
            gettext("The new scores are on the board."),
        ),
        "drop": (services.drop_rescore, gettext("The re-scoring is dropped.")),
        "freeze": (services.freeze_board, gettext("The board is final.")),
        "verify": (services.verify_board, gettext("The winners are scored once more.")),
        "reveal": (
            services.release_board,
            gettext("Everyone sees the private scores now."),
        ),
        "release": (
            services.release_purse,
            gettext("The purse is paid to the winners."),
        ),
        "surplus": (services.return_surplus, gettext("What was too much goes back.")),
    }
    service, said = acts[act]
    with refusals_told(request):
        service(request.user, contest=contest, at=timezone.now())
        messages.success(request, said)
    of_purse = act in {"release", "surplus"}
    return redirect(f"training:contest-{'purse' if of_purse else 'host'}", slug)


def hosted(request: MemberRequest, slug: str) -> Contest:
    """Return a contest that the person runs; 404 if they may not see it, 403 if not."""
    contest = contest_of(request, slug)
    require_host(request.user, contest)
    return contest


def _words(contest: Contest) -> dict[str, object]:
    return {name: getattr(contest, name) for name in WordsForm.base_fields}


def form_page(
    request: HttpRequest,
    contest: Contest,
    form: object,
    title: str,
    action: str,
    *,
    explanation: Words = "",
    danger: bool = False,
) -> HttpResponse:
    """Render a host's form about a contest, on a page of its own.

    `explanation` says what comes of it; with `danger` its button is marked so.
    """
    context = {
        **about(request, contest),
        "form": form,
        "page_title": title,
        "action": action,
        "explanation": explanation,
        "danger": danger,
    }
    return render(request, "training/contest_form.html", context)
