"""What each licence allows, as pages; the same facts decide what may be offered."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from licensing.licence_facts import BY_ID, TABLE
from marketplace.front.licences import OBJECTS, grid, plain, table


@require_safe
def licences(request: HttpRequest) -> HttpResponse:
    return render(
        request, "front/licences.html", {"licences": table(), "facts_version": TABLE}
    )


@require_safe
def licence(request: HttpRequest, id: str) -> HttpResponse:  # noqa: A002  named in the URL
    facts = BY_ID.get(id)
    if facts is None:
        raise Http404(f"We hold no facts on a licence called “{id}”.")
    context = {
        "licence": facts,
        "plain": plain(facts),
        "grid": grid(facts),
        "objects": OBJECTS.values(),
        "clauses": facts.clauses,
        "facts_version": TABLE,
        "crumbs": [("Licences", reverse("front:licences")), (facts.id, "")],
    }
    return render(request, "front/licence.html", context)
