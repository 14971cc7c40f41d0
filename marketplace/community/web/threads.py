"""Pages of discussions about contests: the list, one, a new one, what hosts do there."""

from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from marketplace.accounts.http import MemberRequest
from marketplace.accounts.models import User
from marketplace.community import services
from marketplace.community.markup import rendered
from marketplace.community.models import Post, Thread
from marketplace.community.permissions import require_post_editing, require_post_hiding
from marketplace.community.queries import (
    find_post,
    find_thread,
    is_watched_by,
    posts_of,
    threads_of,
)
from marketplace.community.queries.threads import POSTS_ORDER, THREADS_ORDER
from marketplace.community.web.forms import EditForm, HideForm, NewThreadForm, PostForm
from marketplace.kit.keyset import next_url, page_of
from marketplace.kit.web import refusals_at_fields, refusals_told
from training.contests.models import Contest
from training.contests.permissions import require_host
from training.web.contests import about, contest_of

POSTS = 50
STEERING = {
    "pin": {"is_pinned": True},
    "unpin": {"is_pinned": False},
    "lock": {"is_locked": True},
    "unlock": {"is_locked": False},
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A post as one reader sees it, with where they may edit and hide it."""

    post: Post
    html: SafeString
    edit_url: str
    hide_url: str


def url_of(contest: Contest, page: str, *below: object) -> str:
    return reverse(f"community:{page}", args=[contest.slug, *below])


@require_safe
def threads(request: HttpRequest, slug: str) -> HttpResponse:
    contest = contest_of(request, slug)
    page = page_of(
        threads_of(contest), order=THREADS_ORDER, cursor=request.GET.get("cursor", "")
    )
    context = {
        **about(request, contest),
        "threads": page.rows,
        "next_url": next_url(request, page),
        "is_watched": is_watched_by(request.user, contest),
    }
    return render(request, "community/thread_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def new(request: MemberRequest, slug: str) -> HttpResponse:
    contest = contest_of(request, slug)
    form = NewThreadForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with refusals_at_fields(form):
            opened = services.open_thread(
                request.user, contest=contest, **form.cleaned_data, at=timezone.now()
            )
            return redirect(url_of(contest, "contest-thread", opened.pk))
    return _form_page(
        request,
        contest,
        form=form,
        page_title=gettext("New discussion"),
        action=gettext("Open it"),
        back_url=url_of(contest, "contest-threads"),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def thread(request: HttpRequest, slug: str, thread_id: UUID) -> HttpResponse:
    """Show what is said in one, by pages; take what the reader answers."""
    contest = contest_of(request, slug)
    found = find_thread(contest, thread_id)
    here = url_of(contest, "contest-thread", thread_id)
    form = PostForm(request.POST or None)
    user = request.user
    if request.method == "POST" and not isinstance(user, User):
        return redirect_to_login(request.path)
    if isinstance(user, User) and form.is_valid():
        with refusals_at_fields(form):
            post = services.reply(
                user, thread=found, text=form.cleaned_data["text"], at=timezone.now()
            )
            messages.success(request, gettext("Your answer is there."))
            return redirect(f"{here}?at={post.pk}#{post.pk.hex}")
    context = about(request, contest)
    page = page_of(
        _from(request, posts_of(found), found),
        order=POSTS_ORDER,
        cursor=request.GET.get("cursor", ""),
        size=POSTS,
    )
    is_host = bool(context["is_host"])
    context |= {
        "thread": found,
        "posts": _shown(request, found, page.rows, is_host=is_host),
        "next_url": next_url(request, page),
        "form": form,
        "may_speak": user.is_active and (is_host or not found.is_locked),
        "is_watched": is_watched_by(user, contest, found),
        "here": here,
        "is_middle": "cursor" in request.GET or "at" in request.GET,
    }
    return render(request, "community/thread_detail.html", context)


def _from(request: HttpRequest, posts: QuerySet[Post], found: Thread) -> QuerySet[Post]:
    """Begin with the post that an address names, in a thread of several pages."""
    named = request.GET.get("at", "")
    if not named or found.post_count <= POSTS:
        return posts
    try:
        first = posts.filter(pk=UUID(named)).first()
    except ValueError:
        return posts
    return posts.filter(said_at__gte=first.said_at) if first else posts


def _shown(
    request: HttpRequest, found: Thread, posts: list[Post], *, is_host: bool
) -> list[Shown]:
    htmls = rendered(posts)
    goes_on = is_host or not found.is_locked
    shown = []
    for post in posts:
        at = (found.contest, "post-edit", found.pk, post.pk)
        is_there = post.hidden_at is None
        is_mine = is_there and post.author_id == request.user.pk
        hide = url_of(found.contest, "post-hide", found.pk, post.pk)
        shown.append(
            Shown(
                post,
                htmls[post.pk],
                edit_url=url_of(*at) * (is_mine and goes_on),
                hide_url=hide * (is_mine or (is_there and is_host)),
            )
        )
    return shown


@require_POST
@login_required
def watch_contest(request: MemberRequest, slug: str) -> HttpResponse:
    contest = contest_of(request, slug)
    _watch(request, contest, None)
    return redirect(url_of(contest, "contest-threads"))


@require_POST
@login_required
def watch_thread(request: MemberRequest, slug: str, thread_id: UUID) -> HttpResponse:
    contest = contest_of(request, slug)
    _watch(request, contest, find_thread(contest, thread_id))
    return redirect(url_of(contest, "contest-thread", thread_id))


def _watch(request: MemberRequest, contest: Contest, found: Thread | None) -> None:
    if request.POST.get("act") == "unwatch":
        services.unwatch(request.user, contest=contest, thread=found)
        messages.success(request, gettext("You are told of it no more."))
    else:
        now = timezone.now()
        services.watch(request.user, contest=contest, thread=found, at=now)
        messages.success(request, gettext("You will be told of what is said."))


@require_POST
@login_required
def steer(request: MemberRequest, slug: str, thread_id: UUID) -> HttpResponse:
    """Pin, unpin, lock or unlock, as the button said."""
    contest = contest_of(request, slug)
    require_host(request.user, contest)
    found = find_thread(contest, thread_id)
    wanted = STEERING.get(request.POST.get("act", ""))
    if wanted is not None:
        services.steer_thread(request.user, thread=found, at=timezone.now(), **wanted)
        messages.success(request, gettext("It is done."))
    return redirect(url_of(contest, "contest-thread", thread_id))


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def edit_post(
    request: MemberRequest, slug: str, thread_id: UUID, post_id: UUID
) -> HttpResponse:
    contest = contest_of(request, slug)
    found = find_post(find_thread(contest, thread_id), post_id)
    require_post_editing(request.user, found)
    here = url_of(contest, "contest-thread", thread_id)
    form = EditForm(request.POST or None, initial={"text": found.text})
    if request.method == "POST" and form.is_valid():
        with refusals_at_fields(form):
            services.edit_post(
                request.user, post=found, **form.cleaned_data, at=timezone.now()
            )
            return redirect(f"{here}?at={found.pk}#{found.pk.hex}")
    return _form_page(
        request,
        contest,
        form=form,
        page_title=gettext("Edit what you said"),
        action=gettext("Save"),
        back_url=here,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def hide_post(
    request: MemberRequest, slug: str, thread_id: UUID, post_id: UUID
) -> HttpResponse:
    """Ask why, then take a post's words away for good."""
    contest = contest_of(request, slug)
    found = find_post(find_thread(contest, thread_id), post_id)
    require_post_hiding(request.user, found)
    here = url_of(contest, "contest-thread", thread_id)
    form = HideForm(request.POST or None)
    form.fields["why"].required = found.author_id != request.user.pk
    if request.method == "POST" and form.is_valid():
        with refusals_told(request):
            services.hide_post(
                request.user, post=found, **form.cleaned_data, at=timezone.now()
            )
            messages.success(request, gettext("It is hidden: its words are deleted."))
        return redirect(f"{here}?at={found.pk}#{found.pk.hex}")
    return _form_page(
        request,
        contest,
        form=form,
        page_title=gettext("Hide a post"),
        action=gettext("Hide it for good"),
        back_url=here,
        lead=gettext(
            "Its words are deleted and cannot be brought back. That somebody said "
            "something here, who hid it and why stay to be read."
        ),
    )


def _form_page(request: HttpRequest, contest: Contest, **shown: object) -> HttpResponse:
    context = {**about(request, contest), **shown}
    return render(request, "community/thread_form.html", context)
