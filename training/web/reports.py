"""Pages of reports: one of them, as paper and as card, and how a model stands."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from marketplace.accounts.http import MemberRequest
from marketplace.catalog.models import Kind, Repository
from marketplace.catalog.permissions import CHANGE, require
from marketplace.catalog.queries import find_repository, head_of
from marketplace.kit.web import refusals_on, refusals_told
from training.figures.schema import Figures
from training.reports import services
from training.reports.cards import card_of
from training.reports.models import Report, State
from training.reports.papers import paper_of
from training.reports.permissions import visible_to
from training.reports.queries import standing
from training.reports.telling import sections_of
from training.runs.models import RunStatus
from training.runs.queries import place_of
from training.web.charts import reliability_points
from training.web.report_forms import BroughtForm

POLL_SECONDS = 3
SHOWN = 20  # reports on a model's page
TONES = {
    State.UNCHECKED: "",
    State.CHECKED: "warn",
    State.CLEARED: "good",
    State.BLOCKED: "bad",
}
VERDICT_TONES = {"PASSED": "good", "UNTOLD": "warn", "VIOLATED": "bad"}


@require_safe
def report_detail(request: HttpRequest, report_id: UUID) -> HttpResponse:
    report = seen_report(request, report_id)
    figures = figures_of(report)
    context: dict[str, Any] = {
        "section": "models",
        "report": report,
        "tone": TONES[State(report.state)],
        "findings": [(one, VERDICT_TONES[one.verdict]) for one in report.told],
        "run": report.run,
        "place": place_of(report.run, now=timezone.now()),
        "has_failed": report.run.status == RunStatus.FAILED,
        "sections": sections_of(figures) if figures else [],
        "reliability": points_of(figures),
        "poll_seconds": POLL_SECONDS if report.run.is_live else None,
        "may_override": request.user.is_staff
        and report.state in services.OVERRIDABLE
        and not report.is_overridden,
        "may_withdraw": request.user.is_staff and report.is_overridden,
    }
    return render(request, "training/report_detail.html", context)


@require_safe
def report_paper(request: HttpRequest, report_id: UUID) -> HttpResponse:
    """Give the report as PDF."""
    report = seen_report(request, report_id)
    figures = _finished(report)
    answer = HttpResponse(
        paper_of(report, figures, diagram=diagram_of(figures)),
        content_type="application/pdf",
    )
    answer["Content-Disposition"] = f'inline; filename="report-{report.pk}.pdf"'
    return answer


@require_safe
def report_card(request: HttpRequest, report_id: UUID) -> HttpResponse:
    """Give the report as a model card in Markdown, as Hugging Face's library writes it."""
    report = seen_report(request, report_id)
    answer = HttpResponse(
        card_of(report, _finished(report)), content_type="text/markdown; charset=utf-8"
    )
    answer["Content-Disposition"] = 'attachment; filename="README.md"'
    return answer


@require_POST
@login_required
def report_act(request: MemberRequest, report_id: UUID, act: str) -> HttpResponse:
    """Override what a report found, or withdraw that."""
    report = seen_report(request, report_id)
    with refusals_told(request):
        if act == "override":
            services.override(
                request.user,
                report=report,
                reason=request.POST.get("reason", ""),
                at=timezone.now(),
            )
            messages.success(
                request, gettext("It may be put to use; your reason is shown.")
            )
        else:
            services.withdraw_override(request.user, report=report, at=timezone.now())
            messages.success(request, gettext("The report decides again."))
    return redirect("training:report", report_id)


@require_http_methods(["GET", "HEAD", "POST"])
def model_checks(request: HttpRequest, namespace: str, name: str) -> HttpResponse:
    """Say how the newest version of a model stands; its owner asks for a report here."""
    repository = find_repository(
        request.user, kind=Kind.MODEL, namespace=namespace, name=name
    )
    head = head_of(repository)
    found = standing(head) if head else None
    context: dict[str, Any] = {
        "section": "models",
        "repository": repository,
        "standing": found,
        "tone": TONES[found.state] if found else "",
    }
    if getattr(request, "htmx", False):
        page = "training/_model_standing.html"
    else:
        page = "training/model_checks.html"
        form = _form(request, repository)
        if form is not None and form.is_valid() and request.user.is_authenticated:
            with refusals_on(form):
                report = services.report_on_model(
                    request.user,
                    repository=repository,
                    brought=form.brought(request.user),
                    at=timezone.now(),
                )
                return redirect("training:report", report.pk)
        reports = Report.objects.filter(repository=repository).select_related("run")
        context |= {
            "form": form,
            "reports": [
                (one, TONES[State(one.state)])
                for one in reports.order_by("-asked_at", "-pk")[:SHOWN]
            ],
        }
    answer = render(request, page, context)
    patch_vary_headers(answer, ["HX-Request"])
    return answer


def _form(request: HttpRequest, repository: Repository) -> BroughtForm | None:
    """Return the form to ask for a report, None for those who may not.

    Raises:
        PermissionDenied: somebody sends it who may not change the model.
    """
    may_ask = request.user.has_perm(CHANGE, repository)
    if request.method == "POST":
        require(request.user, CHANGE, repository)
        return BroughtForm(request.POST, repository=repository)
    return BroughtForm(repository=repository) if may_ask else None


def seen_report(request: HttpRequest, report_id: UUID) -> Report:
    reports = visible_to(request.user).select_related(
        "run", "repository__namespace", "dataset__namespace", "overridden_by"
    )
    return get_object_or_404(reports, pk=report_id)


def figures_of(report: Report) -> Figures | None:
    return Figures.model_validate(report.figures) if report.figures else None


def points_of(figures: Figures | None) -> list[Any]:
    if figures is None or figures.calibration is None:
        return []
    return reliability_points([one.model_dump() for one in figures.calibration.bins])


def diagram_of(figures: Figures) -> str:
    """Draw the reliability diagram as SVG, empty without one."""
    points = points_of(figures)
    if not points:
        return ""
    return render_to_string(
        "training/_reliability_diagram.html", {"reliability": points}
    ).strip()


def _finished(report: Report) -> Figures:
    figures = figures_of(report)
    if figures is None:
        raise Http404(gettext("The report is not finished."))
    return figures
