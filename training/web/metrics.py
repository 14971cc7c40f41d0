"""What each metric says, as a page; and a sample of what a contest takes."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from training.contests.catalogue import TASKS_WITH_METRICS, computed_for
from training.contests.layouts import layouts_of
from training.contests.models import Task
from training.contests.several import tasks_of
from training.kinds import METRIC_FACTS
from training.web.contests import contest_of


@require_safe
def metric_list(request: HttpRequest) -> HttpResponse:
    task = request.GET.get("task", "")
    names = computed_for(task) if task in TASKS_WITH_METRICS else list(METRIC_FACTS)
    metrics = [
        (
            name,
            METRIC_FACTS[name],
            [Task(each).label for each in METRIC_FACTS[name].kinds],
        )
        for name in names
    ]
    context = {
        "section": "contests",
        "metrics": metrics,
        "tasks": [(each.value, each.label) for each in TASKS_WITH_METRICS],
        "task": task,
    }
    return render(request, "training/metric_list.html", context)


@require_safe
def sample(request: HttpRequest, slug: str) -> HttpResponse:
    """Give a few made-up rows in the layout to recommend; the ids are no real ones."""
    contest = contest_of(request, slug)
    named = request.GET.get("task", "")
    tasks = [each for each in tasks_of(contest) if each.name == named]
    layouts = layouts_of(tasks[0] if tasks else contest)
    of_task = f"-{named}" if tasks else ""
    if not layouts:
        raise Http404
    return HttpResponse(
        layouts[0].sample,
        content_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": "attachment; "
            f'filename="{contest.slug}{of_task}-sample.csv"'
        },
    )
