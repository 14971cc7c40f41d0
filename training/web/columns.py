"""A host's page of the columns of a board, and of what it ranks by."""

from collections.abc import Sequence

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from marketplace.accounts.http import MemberRequest
from marketplace.kit.web import refusals_on, refusals_told
from training.contests import services
from training.contests.columns import columns_of
from training.contests.models import Contest
from training.leaderboards.columns import BoardColumn, Scheme
from training.web.column_forms import OPERATIONS, ColumnForm, RankingForm
from training.web.contests import about
from training.web.hosting import hosted


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def board_columns(request: MemberRequest, slug: str) -> HttpResponse:
    """Show the columns, add one, change or remove one, and say what ranks."""
    contest = hosted(request, slug)
    columns = list(columns_of(contest))
    act = request.POST.get("act", "")
    asked = request.POST.get("column") or request.GET.get("column", "")
    was = next((each for each in columns if each.key == asked), None)
    ranking = RankingForm(
        request.POST if act == "rank" else None,
        initial={"ranking": contest.ranking},
        auto_id="ranking_%s",
    )
    form = ColumnForm(
        request.POST if act == "save" else None,
        contest=contest,
        was=was,
        initial=ColumnForm.initial_of(was, 1 + columns.index(was)) if was else None,
    )
    if act == "remove" and was is not None:
        with refusals_told(request):
            left = [each for each in columns if each is not was]
            _choose(request, contest, Scheme(contest.ranking), left)
            messages.success(
                request, gettext("%(title)s is off the board.") % {"title": was.title}
            )
        return redirect("training:board-columns", slug)
    if act == "rank" and ranking.is_valid():
        scheme = Scheme(ranking.cleaned_data["ranking"])
        if _done(request, ranking, contest, scheme, columns):
            return redirect("training:board-columns", slug)
    if act == "save" and form.is_valid():
        changed = _placed(columns, was, form.column(), form.cleaned_data["position"])
        if _done(request, form, contest, Scheme(contest.ranking), changed):
            return redirect("training:board-columns", slug)
    context = {
        **about(request, contest),
        "columns": [
            (each, OPERATIONS[each.operation] if each.operation else "")
            for each in columns
        ],
        "ranking_form": ranking,
        "form": form,
        "was": was,
    }
    return render(request, "training/board_columns.html", context)


def _placed(
    columns: Sequence[BoardColumn],
    was: BoardColumn | None,
    new: BoardColumn,
    position: int | None,
) -> list[BoardColumn]:
    found = [each for each in columns if each is not was]
    found.insert(len(found) if position is None else position - 1, new)
    return found


def _done(
    request: MemberRequest,
    form: forms.Form,
    contest: Contest,
    scheme: Scheme,
    columns: Sequence[BoardColumn],
) -> bool:
    """Choose the columns; a refusal stands above the form."""
    with refusals_on(form):
        _choose(request, contest, scheme, columns)
        messages.success(request, gettext("The board shows it now."))
    return not form.errors


def _choose(
    request: MemberRequest,
    contest: Contest,
    scheme: Scheme,
    columns: Sequence[BoardColumn],
) -> None:
    services.choose_columns(
        request.user,
        contest=contest,
        scheme=scheme,
        columns=columns,
        at=timezone.now(),
    )
