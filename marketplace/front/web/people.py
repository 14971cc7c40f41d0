"""A person's public page: what they say of themselves, keep and host."""

import json

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from marketplace.accounts.queries import find_namespace, memberships_of
from marketplace.catalog.api.asked import asked_of
from marketplace.catalog.queries.listings import listed_for
from marketplace.catalog.queries.wanted import Wanted
from marketplace.front.finding import people_called
from marketplace.front.web.caching import kept_for_strangers
from marketplace.front.web.narrowing import tabs
from marketplace.kit.keyset import Order, next_url, page_of
from training.contests.permissions import visible_to as visible_contests

HOSTED = 5
BY_NAME = Order(("name",))


@require_safe
def people(request: HttpRequest) -> HttpResponse:
    """Find people and organisations by a part of their name."""
    text = request.GET.get("q", "").strip()
    page = page_of(
        people_called(text), order=BY_NAME, cursor=request.GET.get("cursor", "")
    )
    context = {
        "query": text,
        "search_action": "/people",
        "tabs": tabs(request.GET, here="/people"),
        "people": page.rows,
        "next_url": next_url(request, page),
    }
    return kept_for_strangers(request, render(request, "front/people.html", context))


@require_safe
def person(request: HttpRequest, name: str) -> HttpResponse:
    """Show a person; the name of an organisation leads to its own page.

    Organisations are shown where the visitor belongs to them as well: who belongs to
    one is for its members to know.
    """
    namespace = find_namespace(name)
    if namespace.organisation_id:
        return redirect("accounts:organisation", namespace.name)
    shown = namespace.user
    if shown is None or not shown.is_active:
        raise Http404(gettext("Nobody is called “%(name)s”.") % {"name": name})
    listed = listed_for(
        request.user,
        wanted=Wanted(owner=namespace.name),
        cursor=asked_of(request.GET).cursor,
    )
    memberships = memberships_of(shown)
    if shown != request.user:
        memberships = memberships.filter(
            organisation__memberships__user_id=request.user.pk or 0
        )
    contests = visible_contests(request.user).filter(host=shown)
    context = {
        "person": shown,
        "cards": [json.loads(row) for row in listed.rows],
        "next_url": listed.next_cursor and f"?cursor={listed.next_cursor}",
        "memberships": list(memberships.order_by("since")),
        "contests": list(contests.order_by("-created_at")[:HOSTED]),
        "now": timezone.now(),
    }
    return render(request, "front/person.html", context)
