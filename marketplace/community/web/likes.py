"""Liking a repository: a button in its head, and a page of who does."""

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_http_methods

from marketplace.accounts.models import User
from marketplace.catalog.models import Kind, Repository
from marketplace.catalog.web.places import Place, context_of, place_for
from marketplace.community import services
from marketplace.community.queries import is_liked_by, likers_of
from marketplace.community.queries.likes import LIKES_ORDER
from marketplace.community.web.discussions import url_of
from marketplace.kit.keyset import next_url, page_of


@require_http_methods(["GET", "HEAD", "POST"])
def likes(request: HttpRequest, kind: Kind, namespace: str, name: str) -> HttpResponse:
    """Say who likes a repository; to htmx, only the button; take what is thought of it."""
    place = place_for(request.user, kind=kind, namespace=namespace, name=name)
    is_fragment = bool(getattr(request, "htmx", False))
    user = request.user
    if request.method == "POST":
        if not isinstance(user, User):
            return redirect_to_login(place.url("detail"))
        _think(user, place.repository, liked=request.POST.get("liked", ""))
        if not is_fragment:
            return redirect(place.url("detail"))
    context = _button(request, place)
    if not is_fragment:
        page = page_of(
            likers_of(place.repository),
            order=LIKES_ORDER,
            cursor=request.GET.get("cursor", ""),
        )
        context |= context_of(
            place,
            tab="",
            people=[row.user for row in page.rows],
            next_url=next_url(request, page),
        )
    page_name = "_like" if is_fragment else "like_list"
    answer = render(request, f"community/{page_name}.html", context)
    patch_vary_headers(answer, ["HX-Request"])
    return answer


def _think(actor: User, repository: Repository, *, liked: str) -> None:
    now = timezone.now()
    if liked == "no":
        services.unlike(actor, repository=repository, unliked_at=now)
    else:
        services.like(actor, repository=repository, liked_at=now)
    repository.refresh_from_db(fields=["likes"])


def _button(request: HttpRequest, place: Place) -> dict[str, object]:
    return {
        "repository": place.repository,
        "likes_url": url_of(place.repository, "likes"),
        "is_liked": is_liked_by(request.user, place.repository),
    }
