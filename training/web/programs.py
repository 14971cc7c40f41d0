"""Pages about a host's scoring program: its versions, a new one, what it printed."""

import uuid
from collections.abc import Sequence
from typing import Any

import nh3
from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from marketplace.accounts.http import MemberRequest
from marketplace.kit.web import choose_from, refusals_at_fields
from marketplace.storage.queries import open_blob
from training.contests import services
from training.contests.hosted_programs import output_of, programs_of
from training.contests.models import ScoringProgram
from training.contests.queries import submission_of
from training.web.contests import about
from training.web.hosting import hosted

MOST_SHOWN_BYTES = 512 * 1024
SHOWN_TAGS = nh3.ALLOWED_TAGS - {"img", "map", "area"}


class ProgramForm(forms.Form):
    """What is to change of a program; what is left out stays."""

    scoring = forms.FileField(
        required=False,
        label=_("Scoring program"),
        help_text=_("A zip with its metadata or its evaluate function, as before."),
    )
    reference = forms.FileField(
        required=False,
        label=_("Labels"),
        help_text=_("In the form of those that are there. Nobody can download them."),
    )
    position = forms.TypedChoiceField(
        coerce=int, label=_("Task"), help_text=_("Whose program or labels these are.")
    )

    def __init__(
        self, *args: Any, tasks: Sequence[tuple[int, str]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        choose_from(self, "position", tasks)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def program(request: MemberRequest, slug: str) -> HttpResponse:
    """Show what scores a contest by version; take a new program or new labels."""
    contest = hosted(request, slug)
    programs = programs_of(contest)
    tasks = {
        task.position: task.name for program in programs for task in program.tasks.all()
    }
    form = ProgramForm(
        request.POST or None, request.FILES or None, tasks=sorted(tasks.items())
    )
    if request.method == "POST" and form.is_valid():
        with refusals_at_fields(form):
            services.replace_program(
                request.user, contest=contest, at=timezone.now(), **form.cleaned_data
            )
            messages.success(request, gettext("Every submission is being scored anew."))
            return redirect("training:contest-host", slug)
    context = {
        **about(request, contest),
        "form": form,
        "programs": [(each, columns_said(each)) for each in programs],
    }
    return render(request, "training/contest_program.html", context)


def columns_said(program: ScoringProgram) -> str:
    """Name a program's columns for people, and which way each is better."""
    return ", ".join(
        gettext("%(column_title)s (%(value)s is better%(value_2)s)")
        % {
            "column_title": column.title,
            "value": "more" if column.is_greater_better else "less",
            "value_2": ", hidden" if column.is_hidden else "",
        }
        for column in services.columns_of(program)
    )


@require_safe
@login_required
def scoring(request: MemberRequest, submission_id: uuid.UUID) -> HttpResponse:
    """Show a host what the program printed and drew for one submission."""
    submission = submission_of(request.user, submission_id)
    output = output_of(request.user, submission)
    details = ""
    if output is not None and output.details is not None:
        with open_blob(output.details.sha256) as page:
            told = page.read(MOST_SHOWN_BYTES).decode(errors="replace")
        details = mark_safe(nh3.clean(told, tags=SHOWN_TAGS))  # noqa: S308  cleaned
    context = {
        **about(request, submission.contest),
        "submission": submission,
        "log": output.log if output else "",
        "details": details,
    }
    return render(request, "training/submission_scoring.html", context)
