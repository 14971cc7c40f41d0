"""The pages that hosts write for a contest, and the starting kits they give out."""

import uuid

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from marketplace.accounts.http import MemberRequest
from marketplace.kit.web import refusals_at_fields, refusals_told
from marketplace.storage.delivery import blob_response
from training.contests import services
from training.contests.entries import kits_of, pages_of
from training.contests.models import StartingKit
from training.contests.revisions import commit_named, tree_path
from training.web.contests import about, contest_of
from training.web.entry_forms import KitForm, PageForm
from training.web.hosting import hosted


@require_safe
def page_detail(request: HttpRequest, slug: str, page: str) -> HttpResponse:
    contest = contest_of(request, slug)
    found = get_object_or_404(pages_of(contest), slug=page)
    context = {
        **about(request, contest),
        "page": found,
        "pages": list(pages_of(contest).defer("text")),
    }
    return render(request, "training/page_detail.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def contest_pages(request: MemberRequest, slug: str) -> HttpResponse:
    """List the pages of a contest for its hosts, and add one."""
    contest = hosted(request, slug)
    form = PageForm(request.POST or None)
    is_preview = request.POST.get("act") == "preview"
    if form.is_valid() and not is_preview:
        with refusals_at_fields(form):
            made = services.add_page(
                request.user, contest=contest, at=timezone.now(), **form.cleaned_data
            )
            messages.success(
                request, gettext("“%(title)s” is added.") % {"title": made.title}
            )
            return redirect("training:contest-pages", slug)
    context = {
        **about(request, contest),
        "form": form,
        "preview": form.cleaned_data if is_preview and form.is_valid() else None,
        "pages": list(pages_of(contest).defer("text")),
    }
    return render(request, "training/contest_pages.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def page_edit(request: MemberRequest, slug: str, page: str) -> HttpResponse:
    contest = hosted(request, slug)
    found = get_object_or_404(pages_of(contest), slug=page)
    form = PageForm(
        request.POST or None, initial={"title": found.title, "text": found.text}
    )
    is_preview = request.POST.get("act") == "preview"
    if form.is_valid() and not is_preview:
        with refusals_at_fields(form):
            services.change_page(
                request.user,
                contest=contest,
                slug=page,
                at=timezone.now(),
                **form.cleaned_data,
            )
            messages.success(request, gettext("The page is changed."))
            return redirect("training:page-detail", slug, page)
    context = {
        **about(request, contest),
        "form": form,
        "page": found,
        "preview": form.cleaned_data if is_preview and form.is_valid() else None,
    }
    return render(request, "training/page_edit.html", context)


@require_POST
@login_required
def page_act(request: MemberRequest, slug: str, page: str, move: str) -> HttpResponse:
    """Move a page up or down, or take it away."""
    contest, now = hosted(request, slug), timezone.now()
    found = get_object_or_404(pages_of(contest), slug=page)
    if move == "remove":
        services.remove_page(request.user, contest=contest, slug=page, at=now)
        messages.success(
            request, gettext("“%(title)s” is taken away.") % {"title": found.title}
        )
    else:
        number = found.number + (1 if move == "down" else -1)
        services.move_page(
            request.user, contest=contest, slug=page, number=number, at=now
        )
    return redirect("training:contest-pages", slug)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def contest_kits(request: MemberRequest, slug: str) -> HttpResponse:
    """List what a contest's entrants begin from, for its hosts, and add to it."""
    contest = hosted(request, slug)
    form = KitForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        with refusals_at_fields(form):
            _add_kit(request, slug, form)
            messages.success(request, gettext("Entrants can take it now."))
            return redirect("training:contest-kits", slug)
    context = {
        **about(request, contest),
        "form": form,
        "kits": list(kits_of(contest)),
    }
    return render(request, "training/contest_kits.html", context)


def _add_kit(request: MemberRequest, slug: str, form: KitForm) -> StartingKit:
    contest, said, now = hosted(request, slug), form.cleaned_data, timezone.now()
    if said["repository"]:
        what = commit_named(request.user, said["repository"], said["revision"])
        return services.add_kit(request.user, contest=contest, what=what, at=now)
    return services.add_kit_file(
        request.user,
        contest=contest,
        name=said["file"].name,
        source=said["file"],
        limit_bytes=settings.STOA.max_upload_bytes,
        at=now,
    )


@require_safe
@login_required
def kit(request: MemberRequest, slug: str, kit_id: uuid.UUID) -> HttpResponseBase:
    """Give a kit's file, or lead to the files of its repository."""
    contest = contest_of(request, slug)
    found = services.kit_for(request.user, contest=contest, kit_id=kit_id)
    if found.blob is None:
        return redirect(tree_path(found))
    return blob_response(
        request,
        blob=found.blob,
        filename=found.name,
        content_type="application/octet-stream",
        now=timezone.now(),
    )


@require_POST
@login_required
def kit_remove(request: MemberRequest, slug: str, kit_id: uuid.UUID) -> HttpResponse:
    contest = hosted(request, slug)
    with refusals_told(request):
        services.remove_kit(
            request.user, contest=contest, kit_id=kit_id, at=timezone.now()
        )
        messages.success(request, gettext("The kit is taken away."))
    return redirect("training:contest-kits", slug)
