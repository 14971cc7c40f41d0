"""Whom a repository takes commits from, for its owners."""

import uuid

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST

from marketplace.accounts.http import MemberRequest
from marketplace.catalog.models import Kind, Repository
from marketplace.catalog.web.places import context_of, managed
from marketplace.kit.keyset import next_url, page_of
from marketplace.kit.web import refusals_at_fields
from marketplace.publishers import services
from marketplace.publishers.queries import (
    PUBLISHERS_ORDER,
    find_publisher,
    publishers_of,
)
from marketplace.publishers.web.forms import PublisherForm


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def publishers(
    request: MemberRequest, kind: Kind, namespace: str, name: str
) -> HttpResponse:
    """List them, and trust one more."""
    place = managed(request, kind, namespace, name)
    repository, here = place.repository, _url_of(place.repository)
    said = {"audience": settings.STOA.base_url}
    form = PublisherForm(request.POST or None, initial=said)
    if request.method == "POST" and form.is_valid():
        with refusals_at_fields(form):
            services.trust_publisher(
                request.user,
                repository=repository,
                **form.cleaned_data,
                networks=settings.STOA.webhook_networks,
                trusted_at=timezone.now(),
            )
            messages.success(
                request, gettext("That publisher may commit here from now on.")
            )
            return redirect(here)
    page = page_of(
        publishers_of(repository),
        order=PUBLISHERS_ORDER,
        cursor=request.GET.get("cursor", ""),
    )
    prefix = "" if repository.kind == Kind.MODEL else f"{repository.plural}/"
    context = context_of(
        place,
        tab="Settings",
        form=form,
        here=here,
        publishers=[(row, f"{here}/{row.pk}/remove") for row in page.rows],
        next_url=next_url(request, page),
        resource=f"{prefix}{repository}",
        endpoint=settings.STOA.base_url,
    )
    return render(request, "publishers/publisher_list.html", context)


@require_POST
@login_required
def remove(
    request: MemberRequest,
    kind: Kind,
    namespace: str,
    name: str,
    publisher_id: uuid.UUID,
) -> HttpResponse:
    place = managed(request, kind, namespace, name)
    services.distrust_publisher(
        request.user,
        publisher=find_publisher(place.repository, publisher_id),
        distrusted_at=timezone.now(),
    )
    messages.success(request, gettext("That publisher may commit here no longer."))
    return redirect(_url_of(place.repository))


def _url_of(repository: Repository) -> str:
    at = [repository.namespace.name, repository.name]
    return reverse(f"publishers:{repository.kind.lower()}-publishers", args=at)
