"""Pages of discussions: the list, one with all that happened in it, a new one."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from marketplace.accounts.http import MemberRequest
from marketplace.accounts.models import User
from marketplace.catalog.models import Commit, Kind, Repository
from marketplace.catalog.web.places import Place, context_of, place_for
from marketplace.community import services
from marketplace.community.changes import conflicts_in
from marketplace.community.markup import rendered
from marketplace.community.models import Discussion, Event, Status
from marketplace.community.models.discussions import GOING_ON, OVER
from marketplace.community.permissions import require_editing, require_steering
from marketplace.community.queries import (
    discussions_of,
    find_comment,
    find_discussion,
    timeline_of,
)
from marketplace.community.queries.discussions import DISCUSSIONS_ORDER, Happening
from marketplace.community.web.forms import (
    CommentForm,
    EditForm,
    MergeForm,
    NewDiscussionForm,
    TitleForm,
)
from marketplace.kit.keyset import next_url, page_of
from marketplace.kit.web import refusals_at_fields, refusals_told

TAB = "Discussions"
HAPPENINGS = 50
STATES = {
    "open": (_("Open"), GOING_ON),
    "closed": (_("Closed"), OVER),
    "all": (_("All"), None),
}
TONES = {
    Status.DRAFT: "",
    Status.OPEN: "good",
    Status.CLOSED: "bad",
    Status.MERGED: "accent",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One discussion in the list, with where it leads."""

    discussion: Discussion
    url: str
    tone: str


@dataclass(frozen=True, slots=True)
class Choice:
    label: str
    url: str
    is_on: bool


@dataclass(frozen=True, slots=True)
class Told:
    """One thing that happened, an event or a commit, as one reader sees it."""

    event: Event | None = None
    commit: Commit | None = None
    url: str = ""
    html: str = ""
    tone: str = ""
    edit_url: str = ""
    hide_url: str = ""


def url_of(repository: Repository, page: str, *below: object) -> str:
    at = [repository.namespace.name, repository.name, *below]
    return reverse(f"community:{repository.kind.lower()}-{page}", args=at)


@require_safe
def discussions(
    request: HttpRequest, kind: Kind, namespace: str, name: str
) -> HttpResponse:
    place = place_for(request.user, kind=kind, namespace=namespace, name=name)
    state = request.GET.get("state", "open")
    state = state if state in STATES else "open"
    statuses = STATES[state][1]
    found = discussions_of(place.repository, statuses=statuses or tuple(Status))
    page = page_of(found, order=DISCUSSIONS_ORDER, cursor=request.GET.get("cursor", ""))
    here = url_of(place.repository, "discussions")
    context = context_of(
        place,
        tab=TAB,
        lines=[_line(place, row) for row in page.rows],
        choices=[
            Choice(str(label), f"{here}?state={each}", each == state)
            for each, (label, _statuses) in STATES.items()
        ],
        is_all=state == "all",
        next_url=next_url(request, page),
        new_url=url_of(place.repository, "discussion-new"),
        propose_url=url_of(place.repository, "propose"),
        all_url=f"{here}?state=all",
    )
    return render(request, "community/discussion_list.html", context)


def _line(place: Place, discussion: Discussion) -> Line:
    url = url_of(place.repository, "discussion", discussion.number)
    return Line(discussion, url, TONES[Status(discussion.status)])


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def new(request: MemberRequest, kind: Kind, namespace: str, name: str) -> HttpResponse:
    place = place_for(request.user, kind=kind, namespace=namespace, name=name)
    form = NewDiscussionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with refusals_at_fields(form, comment="text"):
            opened = services.open_discussion(
                request.user,
                repository=place.repository,
                **form.cleaned_data,
                opened_at=timezone.now(),
            )
            return redirect(url_of(place.repository, "discussion", opened.number))
    context = context_of(
        place,
        tab=TAB,
        form=form,
        back_url=url_of(place.repository, "discussions"),
        propose_url=url_of(place.repository, "propose"),
    )
    return render(request, "community/discussion_new.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def discussion(
    request: HttpRequest, kind: Kind, namespace: str, name: str, number: int
) -> HttpResponse:
    """Show what happened in one, by pages; take what the reader says to it."""
    place = place_for(request.user, kind=kind, namespace=namespace, name=name)
    found = find_discussion(place.repository, number)
    form = CommentForm(request.POST or None)
    user = request.user
    if request.method == "POST" and not user.is_authenticated:
        return redirect_to_login(request.path)
    if request.method == "POST" and isinstance(user, User) and form.is_valid():
        with refusals_at_fields(form, comment="text"):
            event = _said(
                user,
                found,
                act=request.POST.get("act", ""),
                text=form.cleaned_data["text"],
            )
            return redirect(f"{_last_page(found)}#{event.pk.hex}")
    return _shown(request, place, found, form=form)


def _said(actor: User, found: Discussion, *, act: str, text: str) -> Event:
    """Comment, and do along with it what the button said."""
    now = timezone.now()
    statuses = {"close": Status.CLOSED, "open": Status.OPEN}
    if act in statuses:
        return services.change_status(
            actor,
            discussion=found,
            status=statuses[act],
            comment=text,
            changed_at=now,
        )
    return services.comment(actor, discussion=found, text=text, commented_at=now)


def _last_page(discussion: Discussion) -> str:
    url = url_of(discussion.repository, "discussion", discussion.number)
    pages = Paginator(timeline_of(discussion), HAPPENINGS)
    return f"{url}?page={pages.num_pages}" if pages.num_pages > 1 else url


def _shown(
    request: HttpRequest, place: Place, found: Discussion, *, form: CommentForm
) -> HttpResponse:
    pages = Paginator(timeline_of(found), HAPPENINGS)
    page = pages.get_page(request.GET.get("page"))
    here = url_of(place.repository, "discussion", found.number)
    is_author = found.author_id == request.user.pk
    context = context_of(
        place,
        tab=TAB,
        discussion=found,
        status_tone=TONES[Status(found.status)],
        told=_told(request, place, found, list(page.object_list)),
        form=form,
        may_speak=request.user.is_active and place.repository.archived_at is None,
        may_steer=place.may_change or is_author,
        here=here,
        next_url=f"{here}?page={page.next_page_number()}" if page.has_next() else "",
        back_url=(
            f"{here}?page={page.previous_page_number()}" if page.has_previous() else ""
        ),
        title_url=url_of(place.repository, "discussion-title", found.number),
    )
    if found.is_pull_request:
        context |= {
            "changes_url": url_of(place.repository, "changes", found.number),
            "merge_url": url_of(place.repository, "merge", found.number),
            "merge_form": MergeForm(),
            "conflicts": conflicts_in(found),
        }
    return render(request, "community/discussion_detail.html", context)


def _told(
    request: HttpRequest,
    place: Place,
    found: Discussion,
    happenings: Sequence[Happening],
) -> list[Told]:
    shown = rendered(each for each in happenings if isinstance(each, Event))
    told = []
    for each in happenings:
        if isinstance(each, Commit):
            told.append(Told(commit=each, url=place.url("commit", each.oid)))
            continue
        at = (found.number, each.pk)
        is_shown = each.is_comment and each.hidden_at is None
        is_mine = is_shown and each.author_id == request.user.pk
        may_hide = is_mine or (is_shown and place.may_change)
        told.append(
            Told(
                event=each,
                html=shown[each.pk],
                tone=TONES[Status(each.status)] if each.status else "",
                edit_url=url_of(place.repository, "comment-edit", *at) * is_mine,
                hide_url=url_of(place.repository, "comment-hide", *at) * may_hide,
            )
        )
    return told


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def title(
    request: MemberRequest, kind: Kind, namespace: str, name: str, number: int
) -> HttpResponse:
    place = place_for(request.user, kind=kind, namespace=namespace, name=name)
    found = find_discussion(place.repository, number)
    require_steering(request.user, found)
    here = url_of(place.repository, "discussion", number)
    form = TitleForm(request.POST or None, initial={"title": found.title})
    if request.method == "POST" and form.is_valid():
        with refusals_at_fields(form):
            services.rename_discussion(
                request.user,
                discussion=found,
                **form.cleaned_data,
                renamed_at=timezone.now(),
            )
            return redirect(here)
    context = context_of(
        place,
        tab=TAB,
        form=form,
        back_url=here,
        page_title=gettext("Rename #%(number)s") % {"number": number},
    )
    return render(request, "community/discussion_form.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def edit_comment(
    request: MemberRequest,
    kind: Kind,
    namespace: str,
    name: str,
    number: int,
    comment: UUID,
) -> HttpResponse:
    place = place_for(request.user, kind=kind, namespace=namespace, name=name)
    found = find_comment(find_discussion(place.repository, number), str(comment))
    require_editing(request.user, found)
    here = url_of(place.repository, "discussion", number)
    form = EditForm(request.POST or None, initial={"text": found.text})
    if request.method == "POST" and form.is_valid():
        with refusals_at_fields(form, content="text"):
            services.edit_comment(
                request.user,
                comment=found,
                **form.cleaned_data,
                edited_at=timezone.now(),
            )
            return redirect(f"{here}#{found.pk.hex}")
    context = context_of(
        place, tab=TAB, form=form, back_url=here, page_title=gettext("Edit a comment")
    )
    return render(request, "community/discussion_form.html", context)


@require_POST
@login_required
def hide_comment(
    request: MemberRequest,
    kind: Kind,
    namespace: str,
    name: str,
    number: int,
    comment: UUID,
) -> HttpResponse:
    place = place_for(request.user, kind=kind, namespace=namespace, name=name)
    found = find_comment(find_discussion(place.repository, number), str(comment))
    with refusals_told(request):
        services.hide_comment(request.user, comment=found, hidden_at=timezone.now())
        messages.success(request, gettext("The comment is hidden."))
    return redirect(url_of(place.repository, "discussion", number))
