"""Opening a contest of several tasks as a page: how many first, then each of them."""

from contextlib import ExitStack
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from marketplace.accounts.http import MemberRequest
from marketplace.catalog.models import Kind, Repository
from marketplace.catalog.queries import find_repository
from marketplace.kit.errors import Malformed
from marketplace.kit.web import refusals_on
from training.contests import services
from training.contests.datasets import dataset_terms
from training.contests.models import Contest, Task
from training.contests.several import (
    BY_MEAN,
    BY_RANKS,
    FEWEST_TASKS,
    LONGEST_NAME,
    MOST_TASKS,
    AskedTask,
)
from training.contests.task_files import packed
from training.kinds.columns import HELD_BACK
from training.web.forms import ContestForm, soon, words_in

COUNTS = range(FEWEST_TASKS, MOST_TASKS + 1)


class SeveralForm(ContestForm):
    """A new contest of several tasks, which have a form each."""

    task = None  # type: ignore[assignment]  # Django's way to drop a field
    metric = None  # type: ignore[assignment]
    truth = None  # type: ignore[assignment]
    inputs = None  # type: ignore[assignment]
    id_column = None  # type: ignore[assignment]
    target_column = None  # type: ignore[assignment]
    classes = None  # type: ignore[assignment]
    split_column = None  # type: ignore[assignment]
    rank_by = forms.ChoiceField(
        widget=forms.RadioSelect,
        initial=BY_RANKS,
        help_text=_("The board has a column for each task in any case."),
        label=_("Rank by"),
    )
    field_order = ["namespace", "slug", "title", "summary", "rank_by"]

    def __init__(self, *args: Any, count: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["rank_by"]
        field.choices = [
            (BY_RANKS, gettext("The mean of the ranks in all tasks")),
            (
                BY_MEAN,
                gettext(
                    "The mean of the scores, by weight, where tasks share a metric"
                ),
            ),
            *(
                (str(number), gettext("Task %(number)s alone") % {"number": number})
                for number in range(1, count + 1)
            ),
        ]

    def plan_of(self, tasks: list[AskedTask]) -> services.ContestPlan:
        """Return the plan of a valid form with these tasks."""
        by = self.cleaned_data["rank_by"]
        self.cleaned_data |= {
            "task": Task.SEVERAL,
            "metric": "",
            "classes": "",
            **dict.fromkeys(("id_column", "target_column", "split_column"), ""),
        }
        rank_by = tasks[int(by) - 1].name if by.isdecimal() else by
        return self.plan(tasks=tasks, rank_by=rank_by)


class TaskForm(forms.Form):
    """One task of a new contest."""

    use_required_attribute = True
    name = forms.SlugField(
        max_length=LONGEST_NAME,
        help_text=_(
            "Small letters and hyphens, such as german. Its column and the files "
            "that are handed in are called so."
        ),
        label=_("Name"),
    )
    task = ContestForm.base_fields["task"]
    metric = forms.ChoiceField(
        choices=ContestForm.base_fields["metric"].choices,  # type: ignore[attr-defined]  # a choice field
        help_text=_("What ranks in it. The others are shown beside it."),
        label=_("Metric"),
    )
    truth = ContestForm.base_fields["truth"]
    inputs = forms.FileField(
        required=False,
        help_text=_(
            "CSV of the same ids and their features. Entrants can download it. "
            "Give it for every task, or for none."
        ),
        label=_("Inputs"),
    )
    id_column = ContestForm.base_fields["id_column"]
    target_column = ContestForm.base_fields["target_column"]
    split_column = ContestForm.base_fields["split_column"]
    classes = ContestForm.base_fields["classes"]
    weight = forms.FloatField(
        min_value=0.001,
        max_value=1000,
        initial=1,
        help_text=_(
            "In a mean of scores, and in which of an entrant's submissions counts."
        ),
        label=_("Weight"),
    )

    def asked(self) -> AskedTask:
        """Return what a valid form asks."""
        said = self.cleaned_data
        return AskedTask(
            name=said["name"],
            task=said["task"],
            metric=said["metric"],
            classes=tuple(words_in(said["classes"])),
            id_column=said["id_column"],
            target_column=said["target_column"],
            split_column=said["split_column"],
            weight=said["weight"],
        )


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def several_new(request: MemberRequest, namespace: str, name: str) -> HttpResponse:
    """Open a contest of several tasks; `count` says how many the page has room for."""
    dataset = find_repository(
        request.user, kind=Kind.DATASET, namespace=namespace, name=name
    )
    asked = request.GET.get("count", "")
    count = int(asked) if asked.isascii() and asked.isdecimal() else FEWEST_TASKS
    count = min(max(count, FEWEST_TASKS), MOST_TASKS)
    form = SeveralForm(
        request.POST or None,
        host=request.user,
        count=count,
        initial={"starts_at": soon(), "title": dataset.title},
    )
    tasks = [
        TaskForm(request.POST or None, request.FILES or None, prefix=f"task-{number}")
        for number in range(1, count + 1)
    ]
    if all([form.is_valid(), *(each.is_valid() for each in tasks)]):
        with refusals_on(form):
            contest = _open(request, form, tasks, dataset)
            messages.success(
                request,
                gettext("%(title)s is open to entrants.") % {"title": contest.title},
            )
            return redirect("training:contest-detail", contest.slug)
    context = {
        "form": form,
        "tasks": list(enumerate(tasks, 1)),
        "count": count,
        "counts": COUNTS,
        "dataset": dataset,
        "terms": dataset_terms(request.user, dataset),
        "section": "contests",
        "held_back": [
            (Task(kind).label, gettext(told)) for kind, told in HELD_BACK.items()
        ],
        "time_zone": timezone.get_current_timezone_name(),
    }
    return render(request, "training/contest_new_several.html", context)


def _open(
    request: MemberRequest,
    form: SeveralForm,
    tasks: list[TaskForm],
    dataset: Repository,
) -> Contest:
    told = [(each.asked(), each.cleaned_data) for each in tasks]
    tables = [(each.name, said["inputs"]) for each, said in told if said["inputs"]]
    if tables and len(tables) < len(told):
        raise Malformed(gettext("inputs: give them for every task, or for none."))
    with ExitStack() as files:
        truth = files.enter_context(
            packed([(each.name, said["truth"]) for each, said in told])
        )
        inputs = files.enter_context(packed(tables)) if tables else None
        return services.open_contest(
            request.user,
            namespace=form.cleaned_data["namespace"],
            dataset=dataset,
            plan=form.plan_of([each for each, _ in told]),
            truth=truth,
            inputs=inputs,
            opened_at=timezone.now(),
        )
