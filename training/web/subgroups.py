"""A host's page of the subgroups of the hidden rows."""

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
from marketplace.kit.web import refusals_at_fields, refusals_told
from training.contests import services
from training.contests.models import Contest, Task
from training.contests.subgroups import groupable, sizes_of
from training.leaderboards.subgroups import LEAST_ROWS, MOST_SUBGROUPS
from training.web.contests import about
from training.web.hosting import hosted


class SubgroupsForm(forms.Form):
    """Which column tells the subgroup of a row."""

    column = forms.CharField(max_length=100, label=_("Column"))
    title = forms.CharField(
        max_length=100,
        required=False,
        help_text=_("What people read, such as “Hospital”. Left empty, the column."),
        label=_("Title"),
    )
    table = forms.FileField(
        required=False,
        label=_("Another table"),
        help_text=_(
            "CSV with the ids and that column, if it is in no table of the "
            "contest. Nobody can download it."
        ),
    )

    def __init__(self, *args: object, contest: Contest, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # of a form
        known = ", ".join(groupable(contest))
        self.fields["column"].help_text = gettext(
            "It has 2 to %(most_subgroups)s different cells. "
        ) % {"most_subgroups": MOST_SUBGROUPS} + (
            gettext("The contest’s own tables have %(known)s.") % {"known": known}
            if known
            else ""
        )


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def contest_subgroups(request: MemberRequest, slug: str) -> HttpResponse:
    """Show the subgroups there are, name others, or drop them."""
    contest = hosted(request, slug)
    if request.POST.get("act") == "drop":
        with refusals_told(request):
            services.drop_subgroups(request.user, contest=contest, at=timezone.now())
            messages.success(request, gettext("Subgroups are told apart no more."))
        return redirect("training:contest-subgroups", slug)
    form = SubgroupsForm(request.POST or None, request.FILES or None, contest=contest)
    if form.is_valid():
        with refusals_at_fields(form):
            services.name_subgroups(
                request.user, contest=contest, at=timezone.now(), **form.cleaned_data
            )
            messages.success(
                request, gettext("From now on scores are told by subgroup, too.")
            )
            return redirect("training:contest-subgroups", slug)
    context = {
        **about(request, contest),
        "form": form,
        "sizes": [
            (name, *sizes, sizes[0] >= LEAST_ROWS)
            for name, sizes in sizes_of(contest).items()
        ],
        "least": LEAST_ROWS,
        "is_ours": contest.task != Task.PROGRAM and not contest.is_federated,
    }
    return render(request, "training/contest_subgroups.html", context)
