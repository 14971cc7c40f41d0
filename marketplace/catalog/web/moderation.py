"""Reporting what should not be here; the tombstone; what operators decide."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from marketplace.accounts.http import MemberRequest
from marketplace.accounts.models import User
from marketplace.accounts.permissions import require_staff
from marketplace.catalog import services
from marketplace.catalog.models import Ground, Kind, NoticeState, ReportState, Takedown
from marketplace.catalog.permissions import MANAGE, require
from marketplace.catalog.queries.moderation import (
    REPORTS_ORDER,
    find_report,
    find_takedown,
    open_notices,
    reports,
)
from marketplace.catalog.services.moderation import (
    LONGEST_REASON,
    LONGEST_STATEMENT,
)
from marketplace.catalog.web.places import context_of, place_for
from marketplace.kit.keyset import next_url, page_of
from marketplace.kit.limits import address_of, network_of
from marketplace.kit.web import refusals_on

LONG = forms.Textarea(attrs={"rows": 6})
MOST_NOTICES = 100


class ReportForm(forms.Form):
    ground = forms.ChoiceField(choices=Ground.choices, label=_("What is wrong"))
    statement = forms.CharField(
        max_length=LONGEST_STATEMENT,
        widget=LONG,
        help_text=_(
            "Which files, which right or law, and how you know. Operators read it."
        ),
        label=_("Statement"),
    )


class StrangerReportForm(ReportForm):
    """The same from somebody without an account, who has to be answered."""

    name = forms.CharField(max_length=200, label=_("Your name"))
    email = forms.EmailField(
        help_text=_("You are answered there; it is not shown."), label=_("Email")
    )


class StatementForm(forms.Form):
    statement = forms.CharField(
        max_length=LONGEST_STATEMENT,
        widget=LONG,
        help_text=_("Why it should be here. The operators read it and answer."),
        label=_("Statement"),
    )


class DecisionForm(forms.Form):
    """What operators decide, and why; `outcomes` are values and labels."""

    field_order = ("outcome", "ground", "reason")
    reason = forms.CharField(
        max_length=LONGEST_REASON,
        widget=LONG,
        help_text=_(
            "Shown to whom it concerns; of a takedown, to whoever could see it."
        ),
        label=_("Reason"),
    )

    def __init__(
        self, *args: Any, outcomes: Sequence[tuple[str, str]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["outcome"] = forms.ChoiceField(
            choices=outcomes, widget=forms.RadioSelect, label=_("Decision")
        )
        self.order_fields(self.field_order)


class ReportDecisionForm(DecisionForm):
    ground = forms.ChoiceField(choices=Ground.choices, label=_("Ground"))


@require_http_methods(["GET", "HEAD", "POST"])
def report(request: HttpRequest, kind: Kind, namespace: str, name: str) -> HttpResponse:
    """Report a repository, with an account or without one."""
    place = place_for(request.user, kind=kind, namespace=namespace, name=name)
    is_member = isinstance(request.user, User)
    made = ReportForm if is_member else StrangerReportForm
    form = made(request.POST or None)
    if request.method == "POST" and form.is_valid():
        network = network_of(address_of(request))
        sender = salted_hmac("catalog.reports", network, algorithm="sha256")
        with refusals_on(form):
            services.file_report(
                request.user,
                repository=place.repository,
                **form.cleaned_data,
                filed_at=timezone.now(),
                sender="" if is_member else sender.hexdigest()[:32],
            )
            messages.success(
                request, gettext("Thank you. The operators will look at it.")
            )
            return redirect(place.url("detail"))
    context = context_of(place, tab="", form=form)
    return render(request, "catalog/report.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def takedown(request: HttpRequest, takedown_id: UUID) -> HttpResponse:
    """Show why something was taken down; by POST, say as its owner what is against it."""
    found = find_takedown(request.user, takedown_id)
    form = StatementForm(request.POST or None)
    if request.method == "POST":
        if not isinstance(request.user, User):
            return redirect_to_login(request.path)
        require(request.user, MANAGE, found.repository)
        if form.is_valid():
            with refusals_on(form):
                services.file_counter_notice(
                    request.user,
                    takedown=found,
                    **form.cleaned_data,
                    filed_at=timezone.now(),
                )
                messages.success(
                    request, gettext("The operators will read it and answer.")
                )
                return redirect("catalog:takedown", found.pk)
    return tombstone(request, found, form=form)


def tombstone(
    request: HttpRequest,
    takedown: Takedown,
    *,
    form: forms.Form | None = None,
    status: int = 200,
) -> HttpResponse:
    """Answer with what stands in the place of what was taken down."""
    repository = takedown.repository
    may_object = request.user.has_perm(MANAGE, repository)
    notices = list(takedown.notices.order_by("filed_at")) if may_object else []
    waits = any(notice.state == NoticeState.OPEN for notice in notices)
    context = {
        "takedown": takedown,
        "repository": repository,
        "notices": notices,
        "may_object": may_object and not waits and takedown.lifted_at is None,
        "form": form or StatementForm(),
    }
    return render(request, "catalog/tombstone.html", context, status=status)


@require_safe
@login_required
def queue(request: MemberRequest) -> HttpResponse:
    require_staff(request.user)
    page = page_of(
        reports(state=ReportState.OPEN),
        order=REPORTS_ORDER,
        cursor=request.GET.get("cursor", ""),
    )
    context = {
        "reports": page.rows,
        "next_url": next_url(request, page),
        "notices": list(open_notices()[:MOST_NOTICES]),
    }
    return render(request, "catalog/moderation_queue.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def decide_report(request: MemberRequest, report_id: UUID) -> HttpResponse:
    require_staff(request.user)
    found = find_report(request.user, report_id)
    form = ReportDecisionForm(
        request.POST or None,
        initial={"ground": found.ground},
        outcomes=[
            ("TAKE_DOWN", gettext("Take it down")),
            ("DISMISS", gettext("Leave it where it is")),
        ],
    )
    if request.method == "POST" and form.is_valid():
        said, now = form.cleaned_data, timezone.now()
        with refusals_on(form):
            if said["outcome"] == "TAKE_DOWN":
                services.take_down(
                    request.user,
                    repository=found.repository,
                    ground=said["ground"],
                    reason=said["reason"],
                    report=found,
                    taken_down_at=now,
                )
                messages.success(
                    request,
                    gettext("%(repository)s is taken down.")
                    % {"repository": found.repository},
                )
            else:
                services.dismiss_report(
                    request.user, report=found, decision=said["reason"], decided_at=now
                )
                messages.success(
                    request,
                    gettext("%(repository)s stays where it is.")
                    % {"repository": found.repository},
                )
            return redirect("catalog:moderation")
    context = {"report": found, "form": form, "repository": found.repository}
    return render(request, "catalog/report_decide.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def decide_takedown(request: MemberRequest, takedown_id: UUID) -> HttpResponse:
    require_staff(request.user)
    found = find_takedown(request.user, takedown_id)
    notices = list(found.notices.select_related("filed_by").order_by("filed_at"))
    waiting = [each for each in notices if each.state == NoticeState.OPEN]
    outcomes = [("REINSTATE", gettext("Put it back"))]
    if waiting:
        outcomes.append(("KEEP", gettext("Leave it down, and answer the owner")))
    form = DecisionForm(request.POST or None, outcomes=outcomes)
    if request.method == "POST" and form.is_valid():
        reason, now = form.cleaned_data["reason"], timezone.now()
        with refusals_on(form):
            if form.cleaned_data["outcome"] == "REINSTATE":
                services.reinstate(
                    request.user, takedown=found, reason=reason, reinstated_at=now
                )
                messages.success(
                    request,
                    gettext("%(repository)s is back.")
                    % {"repository": found.repository},
                )
            else:
                services.reject_counter_notice(
                    request.user,
                    notice=get_object_or_404(found.notices, state=NoticeState.OPEN),
                    answer=reason,
                    answered_at=now,
                )
                messages.success(request, gettext("The owner is answered."))
            return redirect("catalog:moderation")
    context = {
        "takedown": found,
        "repository": found.repository,
        "notices": notices,
        "reports": found.repository.reports.order_by("filed_at")[:MOST_NOTICES],
        "form": form,
    }
    return render(request, "catalog/takedown_decide.html", context)
