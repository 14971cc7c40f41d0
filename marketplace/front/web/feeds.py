"""What machines that collect descriptions ask for: OAI-PMH, DCAT-AP and the sitemap."""

from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.sitemaps import Sitemap
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from marketplace.catalog.dcat import catalogue
from marketplace.catalog.harvest import Place, Window, changed, public_repositories
from marketplace.catalog.models import Kind, Repository
from marketplace.front.learn.catalogue import LESSONS
from marketplace.front.oai import Site, answer_of

if TYPE_CHECKING:
    RepositorySitemap = Sitemap[Repository]
    PageSitemap = Sitemap[str]
else:
    RepositorySitemap = PageSitemap = Sitemap

PER_PAGE = 100
SALT = "front.dcat"


class Repositories(RepositorySitemap):
    """The pages of public datasets, or of models, with when they last changed."""

    limit = 10_000

    def __init__(self, kind: Kind) -> None:
        super().__init__()
        self.kind = kind

    def items(self) -> Any:
        found = public_repositories().filter(kind=self.kind)
        return found.select_related("namespace").order_by("pk")

    def lastmod(self, item: Repository) -> datetime:
        return item.updated_at


class Pages(PageSitemap):
    """The pages that are there on every site."""

    def items(self) -> list[str]:
        named = ("home", "datasets", "models", "pricing", "learn", "licences")
        lessons = (reverse("front:lesson", args=[each.slug]) for each in LESSONS)
        return [*(reverse(f"front:{name}") for name in named), *lessons]

    def location(self, item: str) -> str:
        return item


SITEMAPS = {
    "pages": Pages(),
    "datasets": Repositories(Kind.DATASET),
    "models": Repositories(Kind.MODEL),
}


@csrf_exempt  # harvesters may ask by POST, and nothing is changed
@require_http_methods(["GET", "HEAD", "POST"])
def oai(request: HttpRequest) -> HttpResponse:
    asked = request.POST if request.method == "POST" else request.GET
    url = settings.STOA.base_url.rstrip("/")
    sender = settings.STOA.email_from.rpartition("<")[2].rstrip(">")
    site = Site(url, f"Stoa of {settings.STOA.operator_name}", sender, timezone.now())
    return HttpResponse(
        answer_of(asked, site=site), content_type="text/xml; charset=utf-8"
    )


@require_safe
@cache_control(public=True, max_age=3600)
def dcat(request: HttpRequest) -> JsonResponse:
    """Answer a page of the catalogue; `Link` leads to the next."""
    site, here = settings.STOA.base_url.rstrip("/"), reverse("front:dcat")
    said = request.GET.get("after", "")
    records = changed(
        Window(Kind.DATASET), site=site, after=_place(said), most=PER_PAGE + 1
    )
    page = catalogue(
        records[:PER_PAGE],
        site=site,
        title=f"Stoa of {settings.STOA.operator_name}",
        url=f"{site}{here}" + (f"?{urlencode({'after': said})}" if said else ""),
    )
    answer = JsonResponse(page, content_type="application/ld+json")
    if len(records) > PER_PAGE:
        last = records[PER_PAGE - 1].repository
        after = signing.dumps([last.updated_at.isoformat(), str(last.pk)], salt=SALT)
        answer.headers["Link"] = (
            f'<{site}{here}?{urlencode({"after": after})}>; rel="next"'
        )
    return answer


def _place(said: str) -> Place | None:
    if not said:
        return None
    try:
        at, key = signing.loads(said, salt=SALT)
    except signing.BadSignature as fault:
        raise Http404("The catalogue has no such page.") from fault
    return Place(datetime.fromisoformat(at), key)
