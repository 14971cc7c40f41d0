"""Lessons, their questions, and guides by role."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from marketplace.catalog.models import Kind
from marketplace.catalog.permissions import visible_to as visible_repositories
from marketplace.front.learn.catalogue import BY_SLUG, CHAPTERS, LESSONS, lessons_on
from marketplace.front.learn.examples import examples
from marketplace.front.learn.figures import Terms, figure_of
from marketplace.front.learn.guides import BY_ROLE, GUIDES
from marketplace.front.learn.lesson import Lesson, Live
from marketplace.front.learn.measured import MEASURED
from marketplace.front.learn.metric_tables import metric_tables
from marketplace.front.learn.progress import (
    answers_in,
    checks_of,
    done_in,
    forget,
    remember,
)
from marketplace.front.licences import COMMON, table
from training.contests.permissions import visible_to as visible_contests

LONGEST_QUERY = 200


@require_safe
def learn(request: HttpRequest) -> HttpResponse:
    sought = request.GET.get("q", "").replace("\0", "")[:LONGEST_QUERY].strip()
    answers = answers_in(request)
    context = {
        "chapters": CHAPTERS,
        "count": len(LESSONS),
        "guides": GUIDES,
        "sought": sought,
        "found": lessons_on(sought),
        "done": done_in(answers),
        "answered": bool(answers),
    }
    return render(request, "front/learn.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def lesson(request: HttpRequest, slug: str) -> HttpResponse:
    shown = _lesson(slug)
    if request.method != "POST":
        return _page(request, shown)
    number, letter = request.POST.get("question", ""), request.POST.get("choice", "")
    if number not in {"1", "2"}:
        return _page(request, shown, missed=1)
    if letter not in shown.questions[int(number) - 1].lettered:
        return _page(request, shown, missed=int(number))
    answer = redirect(f"{reverse('front:lesson', args=[slug])}#question-{number}")
    remember(
        request,
        answer,
        lesson=shown,
        number=int(number),
        letter=letter,
        at=timezone.now(),
    )
    return answer


@require_POST
def learn_forget(request: HttpRequest) -> HttpResponse:
    slug = request.POST.get("lesson", "")
    if slug:
        answer = redirect("front:lesson", _lesson(slug).slug)
    else:
        answer = redirect("front:learn")
    forget(request, answer, lesson=slug)
    return answer


@require_safe
def guide(request: HttpRequest, slug: str) -> HttpResponse:
    if slug not in BY_ROLE:
        raise Http404(gettext("No guide is called “%(slug)s”.") % {"slug": slug})
    shown = BY_ROLE[slug]
    context = {
        "guide": shown,
        "guides": GUIDES,
        "done": done_in(answers_in(request)),
        "crumbs": [(gettext("Learn"), reverse("front:learn")), (shown.title, "")],
    }
    return render(request, "front/guide.html", context)


def _lesson(slug: str) -> Lesson:
    if slug not in BY_SLUG:
        raise Http404(gettext("No lesson is called “%(slug)s”.") % {"slug": slug})
    return BY_SLUG[slug]


def _page(request: HttpRequest, shown: Lesson, *, missed: int = 0) -> HttpResponse:
    """Show a lesson; `missed` is the question that was sent without an answer."""
    site = settings.STOA
    answers = answers_in(request)
    after = LESSONS.index(shown) + 1
    context = {
        "lesson": shown,
        "chapters": CHAPTERS,
        "following": LESSONS[after] if after < len(LESSONS) else None,
        "crumbs": [(gettext("Learn"), reverse("front:learn")), (shown.title, "")],
        "checks": checks_of(shown, answers, missed=missed),
        "answered": any(slug == shown.slug for slug, _ in answers),
        "done": done_in(answers),
        "is_live": _is_live(request, shown.live),
        "figure": figure_of(shown.slug, Terms(site.fee_bps, site.currency)),
        "measured": MEASURED.get(shown.slug, {}),
        **_texts(shown),
    }
    status = 400 if missed else 200
    return render(request, shown.template, context, status=status)


def _texts(shown: Lesson) -> dict[str, object]:
    """Return what only some lessons print."""
    site = settings.STOA
    if shown.slug == "metrics":
        return {"metric_tables": metric_tables()}
    if shown.slug == "run-a-notebook":
        return {"job_minutes": site.job_minutes, "job_memory_mib": site.job_memory_mib}
    return {
        "licences": table(COMMON),
        "examples": examples(site.base_url.rstrip("/")),
    }


def _is_live(request: HttpRequest, live: Live) -> bool:
    """Tell whether the reader may see what a lesson is tried on.

    Cost: one query.
    """
    if live.kind == "contests":
        return visible_contests(request.user).filter(slug=live.name).exists()
    owner, _, name = live.name.partition("/")
    return (
        visible_repositories(request.user)
        .filter(kind=Kind.DATASET, namespace__name=owner, name=name)
        .exists()
    )
