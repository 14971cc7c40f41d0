"""Pages of pull requests: what one changes, file by file, and merging it."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from marketplace.accounts.http import MemberRequest
from marketplace.catalog.downloads import AccessRefused
from marketplace.catalog.models import Kind
from marketplace.catalog.web.places import context_of, place_for
from marketplace.community import services
from marketplace.community.changes import MOST_FILES, changes_of
from marketplace.community.models import Discussion
from marketplace.community.queries import find_discussion
from marketplace.community.web.discussions import TAB, url_of
from marketplace.community.web.forms import MergeForm
from marketplace.kit.errors import DomainError


@require_safe
def changes(
    request: HttpRequest, kind: Kind, namespace: str, name: str, number: int
) -> HttpResponse:
    """Show what a pull request changes: the lines, to those who may take the files."""
    place = place_for(request.user, kind=kind, namespace=namespace, name=name)
    found = _pull_request(find_discussion(place.repository, number))
    refusal: AccessRefused | None = None
    try:
        files = changes_of(request.user, found, at=timezone.now())
    except AccessRefused as refused:
        files, refusal = [], refused
    context = context_of(
        place,
        tab=TAB,
        discussion=found,
        files=files[:MOST_FILES],
        is_cut=len(files) > MOST_FILES,
        refusal=refusal,
        buy_url=refusal.extra.get("buy_url", "") if refusal else "",
        back_url=url_of(place.repository, "discussion", number),
    )
    return render(request, "community/pull_request_changes.html", context)


@require_POST
@login_required
def merge(
    request: MemberRequest, kind: Kind, namespace: str, name: str, number: int
) -> HttpResponse:
    place = place_for(request.user, kind=kind, namespace=namespace, name=name)
    found = _pull_request(find_discussion(place.repository, number))
    form = MergeForm(request.POST)
    comment = form.cleaned_data["comment"] if form.is_valid() else ""
    try:
        services.merge_pull_request(
            request.user, discussion=found, comment=comment, merged_at=timezone.now()
        )
        messages.success(request, f"#{number} is merged into {found.base}.")
    except DomainError as refusal:
        messages.error(request, str(refusal))
    return redirect(url_of(place.repository, "discussion", number))


def _pull_request(discussion: Discussion) -> Discussion:
    if not discussion.is_pull_request:
        raise Http404(f"#{discussion.number} is a discussion, not a pull request.")
    return discussion
