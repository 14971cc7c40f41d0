"""What scans found in the files of a repository: a badge on its page, and a list."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from marketplace.catalog.models import Kind
from marketplace.catalog.models.commits import MAIN
from marketplace.catalog.queries import commit_at, findings_in, safety_of
from marketplace.catalog.queries.trees import FILES_ORDER
from marketplace.catalog.web.places import context_of, place_for
from marketplace.kit.keyset import next_url, page_of

ROWS = 100


@require_safe
def safety(request: HttpRequest, kind: Kind, namespace: str, name: str) -> HttpResponse:
    """List the files with findings of the newest version; to htmx, only the badge."""
    place = place_for(request.user, kind=kind, namespace=namespace, name=name)
    commit = commit_at(place.repository)
    is_fragment = bool(getattr(request, "htmx", False))
    context = {
        "safety": safety_of(place.repository, commit),
        "safety_url": place.url("safety"),
    }
    if not is_fragment:
        page = page_of(
            findings_in(place.repository, commit),
            order=FILES_ORDER,
            cursor=request.GET.get("cursor", ""),
            size=ROWS,
        )
        rows = [(row, place.url("blob", MAIN, row.path)) for row in page.rows]
        context |= context_of(
            place, tab="Files", rows=rows, next_url=next_url(request, page)
        )
    page_name = "_safety" if is_fragment else "safety"
    answer = render(request, f"catalog/{page_name}.html", context)
    patch_vary_headers(answer, ["HX-Request"])
    return answer
