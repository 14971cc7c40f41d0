"""What each licence allows, as pages; the same facts decide what may be offered."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from licensing import catalogue
from licensing.catalogue import Listed
from licensing.declared import facts_of
from licensing.facts import DECLARED
from licensing.licence_facts import TABLE
from licensing.models import TermsVersion
from licensing.permissions import visible_terms
from licensing.texts import digest_of, text_of
from marketplace.front.licences import OBJECTS, grid, plain, row

A_PAGE = 30
LONGEST_WORDS = 200


@require_safe
def licences(request: HttpRequest) -> HttpResponse:
    words = request.GET.get("q", "")[:LONGEST_WORDS].replace("\0", "")
    with_others = bool(words) or "all" in request.GET
    found = catalogue.find(words, only_read=not with_others)
    shown, after = catalogue.page(
        found, after=request.GET.get("cursor", ""), size=A_PAGE
    )
    query = {"q": words} if words else {"all": "1"} if with_others else {}
    context = {
        "licences": [row(one) for one in shown],
        "count": len(found),
        "words": words,
        "with_others": with_others,
        "next_url": f"?{urlencode({**query, 'cursor': after})}" if after else "",
        "facts_version": TABLE,
    }
    return render(request, "front/licences.html", context)


@require_safe
def licence(request: HttpRequest, id: str) -> HttpResponse:  # noqa: A002  named in the URL
    if id.startswith(DECLARED):
        version = visible_terms(request.user).filter(licence=id.replace("\0", ""))
        return _declared(request, version.first())
    one = catalogue.listed(id)
    if one is None:
        raise Http404(gettext("We know of no licence called “%(id)s”.") % {"id": id})
    return _page(request, one, text=text_of(id))


def _declared(request: HttpRequest, version: TermsVersion | None) -> HttpResponse:
    if version is None:
        raise Http404(gettext("There are no such terms."))
    facts = facts_of(version.declared())
    one = Listed(facts.id, facts.name, facts.url, gettext("Set here"), facts)
    return _page(request, one, text=version.licence.text.body, version=version)


def _page(
    request: HttpRequest,
    one: Listed,
    *,
    text: str | None,
    version: TermsVersion | None = None,
) -> HttpResponse:
    facts = one.facts
    context = {
        "one": one,
        "licence": facts,
        "plain": plain(facts) if facts else None,
        "grid": grid(facts) if facts else [],
        "objects": OBJECTS.values(),
        "facts_version": TABLE,
        "text": text,
        "text_sha256": digest_of(text) if text else "",
        "version": version,
        "crumbs": [(gettext("Licences"), reverse("front:licences")), (one.id, "")],
    }
    return render(request, "front/licence.html", context)
