"""Pages of a team: who is in it, what waits for an answer, what its captain does."""

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from marketplace.accounts.http import MemberRequest
from marketplace.kit.web import refusals_told
from training.contests import services
from training.contests.entries import members_of, proposals_about
from training.contests.models import TeamProposal
from training.contests.queries import place_in, quota_now
from training.web.contests import about, contest_of

ACTS = {  # the acts of a team's page with the words of a form: service, what is said
    "rename": (services.rename_team, _("Your team has another name.")),
    "invite": (services.propose_to_person, _("They are asked, and get a letter.")),
    "merge": (services.propose_merger, _("The other captain is asked.")),
    "captain": (services.hand_over_team, _("Your team has another captain.")),
}
LAST_ACTS = {  # and those without
    "leave": (services.leave_team, _("You compete alone now.")),
    "withdraw": (services.withdraw_entry, _("You are out of the contest.")),
}


@require_safe
@login_required
def team(request: MemberRequest, slug: str) -> HttpResponse:
    contest, now = contest_of(request, slug), timezone.now()
    place = place_in(request.user, contest)
    members = list(members_of(place.entrant)) if place else []
    proposals = proposals_about(request.user, contest)
    context = {
        **about(request, contest),
        "place": place,
        "members": members,
        "proposals": [(each, _is_answered_by(request, each)) for each in proposals],
        "quota": quota_now(place.entrant, contest, at=now) if place else None,
        "has_submissions": place is not None and place.entrant.submissions.exists(),
        "has_room": len(members) < contest.max_team_size,
    }
    return render(request, "training/team.html", context)


def _is_answered_by(request: MemberRequest, proposal: TeamProposal) -> bool:
    """Whether it waits for the person who asks, who else only sees it."""
    if proposal.other is not None:
        return proposal.other.user_id == request.user.pk
    return proposal.person_id == request.user.pk


@require_POST
@login_required
def team_act(request: MemberRequest, slug: str, step: str) -> HttpResponse:
    """Do what a button of the team's page says."""
    contest, now = contest_of(request, slug), timezone.now()
    with refusals_told(request):
        if step in LAST_ACTS:
            last_act, said = LAST_ACTS[step]
            last_act(request.user, contest=contest, at=now)
        else:
            service, said = ACTS[step]
            name = request.POST.get("name", "")
            service(request.user, contest=contest, name=name, at=now)
        messages.success(request, said)
    return redirect("training:team", slug)


@require_POST
@login_required
def proposal_answer(
    request: MemberRequest, slug: str, proposal_id: uuid.UUID, answer: str
) -> HttpResponse:
    contest, now = contest_of(request, slug), timezone.now()
    proposals = TeamProposal.objects.select_related(
        "team__contest", "team__user", "other__user", "person", "made_by"
    )
    proposal = get_object_or_404(proposals, pk=proposal_id, team__contest=contest)
    with refusals_told(request):
        if answer == "accept":
            services.accept_proposal(
                request.user,
                proposal=proposal,
                rules_sha256=request.POST.get("rules_sha256", ""),
                at=now,
            )
            messages.success(
                request,
                gettext("You are of the team %(name)s.") % {"name": proposal.team.name},
            )
        elif answer == "decline":
            services.decline_proposal(request.user, proposal=proposal, at=now)
            messages.success(request, gettext("It is declined."))
        else:
            services.withdraw_proposal(request.user, proposal=proposal, at=now)
            messages.success(request, gettext("It is withdrawn."))
    return redirect("training:team", slug)
