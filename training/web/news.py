"""Pages of what hosts announce, of calendars, and of what may tell teams together."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from marketplace.accounts.http import MemberRequest
from marketplace.kit.keyset import Order, next_url, page_of
from marketplace.kit.web import refusals_at_fields
from training.contests import calendars, integrity, services
from training.contests.entries import announcements_of
from training.contests.permissions import require_host
from training.web.contests import about, contest_of
from training.web.entry_forms import AnnouncementForm, CloneForm
from training.web.hosting import form_page, hosted

NEWEST = Order(("announced_at", "id"), descending=True)


@require_http_methods(["GET", "HEAD", "POST"])
def announcements(request: HttpRequest, slug: str) -> HttpResponse:
    """List what the hosts announce; they have a form for another."""
    contest = contest_of(request, slug)
    shown = about(request, contest)
    form = AnnouncementForm(request.POST or None) if shown["is_host"] else None
    if request.method == "POST" and not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    if request.method == "POST":
        require_host(request.user, contest)
    if form is not None and form.is_valid() and request.user.is_authenticated:
        with refusals_at_fields(form):
            services.announce(
                request.user, contest=contest, at=timezone.now(), **form.cleaned_data
            )
            messages.success(
                request, gettext("It is announced, and the entrants get a letter.")
            )
            return redirect("training:announcements", slug)
    page = page_of(
        announcements_of(contest), order=NEWEST, cursor=request.GET.get("cursor", "")
    )
    context = {
        **shown,
        "announcements": page.rows,
        "form": form,
        "next_url": next_url(request, page),
    }
    return render(request, "training/announcements.html", context)


@require_safe
def contest_calendar(request: HttpRequest, slug: str) -> HttpResponse:
    """Answer with the calendar of one contest, for whoever may see it."""
    contest = contest_of(request, slug)
    return _calendar([contest], name=contest.title, filename=f"{contest.slug}.ics")


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def own_calendar(request: MemberRequest) -> HttpResponse:
    """Make the secret address of one's calendar, shown once, or have it work no more."""
    now, address = timezone.now(), ""
    if request.method == "POST" and request.POST.get("act") == "drop":
        services.drop_calendar_feed(request.user, at=now)
        messages.success(request, gettext("The address works no more."))
        return redirect("training:own-calendar")
    if request.method == "POST":
        secret = services.make_calendar_feed(request.user, at=now)
        path = reverse("training:calendar-feed", args=[secret])
        address = request.build_absolute_uri(path)
    context = {
        "section": "contests",
        "address": address,
        "feed": calendars.feed_of(request.user),
    }
    return render(request, "training/own_calendar.html", context)


@require_safe
@never_cache
def calendar_feed(request: HttpRequest, secret: str) -> HttpResponse:
    """Answer with the calendar that a secret address opens, to whoever has it."""
    del request
    feed = calendars.feed_by(secret)
    if feed is None:
        raise Http404(gettext("There is no such calendar."))
    contests = calendars.contests_entered_by(feed)
    return _calendar(
        contests, name=gettext("Contests I entered"), filename="contests.ics"
    )


def _calendar(contests: object, *, name: str, filename: str) -> HttpResponse:
    content = calendars.calendar_of(
        contests,  # type: ignore[arg-type]  # a list or a query set
        name=name,
        base_url=settings.STOA.base_url,
        at=timezone.now(),
    )
    return HttpResponse(
        content,
        content_type=calendars.MEDIA_TYPE,
        headers={"Content-Disposition": f'inline; filename="{filename}"'},
    )


@require_safe
@login_required
def contest_integrity(request: MemberRequest, slug: str) -> HttpResponse:
    """Show the hosts what may tell that teams are not apart."""
    contest = hosted(request, slug)
    context = {
        **about(request, contest),
        "duplicates": integrity.duplicates_in(contest),
        "near": integrity.near_duplicates_in(contest),
        "strangers": integrity.strangers_in(contest),
        "insiders": integrity.insiders_in(contest),
    }
    return render(request, "training/contest_integrity.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def contest_clone(request: MemberRequest, slug: str) -> HttpResponse:
    contest = hosted(request, slug)
    form = CloneForm(
        request.POST or None,
        initial={"title": contest.title, "slug": f"{contest.slug}-2"},
    )
    if form.is_valid():
        with refusals_at_fields(form):
            made = services.clone_contest(
                request.user, contest=contest, at=timezone.now(), **form.cleaned_data
            )
            messages.success(
                request,
                gettext("%(title)s is open to entrants.") % {"title": made.title},
            )
            return redirect("training:contest-host", made.slug)
    return form_page(
        request, contest, form, gettext("Clone the contest"), gettext("Clone")
    )
