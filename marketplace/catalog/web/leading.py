"""Addresses as clients of the Hub print them, led to the pages that they mean.

There a model's page has no `models/` before its name, and slashes in the name of a branch
stand as they are.
"""

from collections.abc import Callable
from functools import wraps
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from marketplace.catalog.models import Kind
from marketplace.catalog.queries import (
    RevisionNotFound,
    find_repository,
    split_revision,
)
from marketplace.catalog.web.places import Place, url_of

View = Callable[..., HttpResponseBase]


@require_safe
def model(
    request: HttpRequest,
    namespace: str,
    name: str,
    **_below: object,
) -> HttpResponse:
    """Lead to a model's page, or the same page below it, whoever may see the model."""
    found = find_repository(
        request.user, kind=Kind.MODEL, namespace=namespace, name=name, follow=True
    )
    below = request.path_info.removeprefix(f"/{namespace}/{name}")
    return redirect(found.get_absolute_url() + quote(below, safe="/:"))


def slashes_lead_on(page: str) -> Callable[[View], View]:
    """Have a page whose revision is none look for one that goes on into the path.

    Args:
        page: `tree`, `blob` or `raw`.
    """

    def decorated(view: View) -> View:
        @wraps(view)
        def answered(
            request: HttpRequest,
            kind: Kind,
            namespace: str,
            name: str,
            revision: str,
            path: str = "",
        ) -> HttpResponseBase:
            try:
                return view(request, kind, namespace, name, revision, path)
            except RevisionNotFound:
                if not path:
                    raise
            repository = find_repository(
                request.user, kind=kind, namespace=namespace, name=name
            )
            _, revision, path = split_revision(repository, f"{revision}/{path}")
            if page == "tree" or not path:
                place = Place(repository, frozenset())
                return redirect(place.folder_url(revision, path))
            return redirect(url_of(repository, page, revision, path))

        return answered

    return decorated
