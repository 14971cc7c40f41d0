"""What machines that collect descriptions ask for: OAI-PMH, DCAT-AP and the sitemap."""

from datetime import datetime
from functools import cached_property
from math import ceil
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.contrib.sitemaps import Sitemap
from django.core import signing
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from marketplace.catalog.dcat import catalogue
from marketplace.catalog.harvest import Place, Window, changed, public_repositories
from marketplace.catalog.models import Kind, Listing, Repository
from marketplace.front.learn.catalogue import LESSONS
from marketplace.front.oai import Site, answer_of

if TYPE_CHECKING:
    RepositorySitemap = Sitemap[Repository]
    PageSitemap = Sitemap[str]
    RepositoryParts = Paginator[Repository]
else:
    RepositorySitemap = PageSitemap = Sitemap
    RepositoryParts = Paginator

PER_PAGE = 100
SALT = "front.dcat"


class Parts(RepositoryParts):
    """Equal parts of what ids may be, so many that each has at most about `per_page`.

    Ids are random, so each part has its share, and nothing is counted off to find one. The
    number of parts doubles when there is too much, and else stays as crawlers know it.
    """

    def __init__(self, kind: Kind, found: QuerySet[Repository], per_page: int) -> None:
        super().__init__(found, per_page)
        self.found, self.kind = found, kind

    @cached_property
    def num_pages(self) -> int:
        listed = Listing.objects.filter(is_public=True, kind=self.kind).count()
        return 1 << (ceil(listed / self.per_page) - 1).bit_length() if listed else 1

    def page(self, number: int | str) -> "Page[Repository]":
        part = self.validate_number(number)
        width = 2**128 // self.num_pages
        ids = (UUID(int=(part - 1) * width), UUID(int=part * width - 1))
        return Page(list(self.found.filter(pk__range=ids)), part, self)


class Repositories(RepositorySitemap):
    """The pages of public datasets, or of models, with when they last changed."""

    limit = 2_500

    def __init__(self, kind: Kind) -> None:
        super().__init__()
        self.kind = kind

    def items(self) -> Any:
        found = public_repositories().filter(kind=self.kind)
        return found.select_related("namespace").order_by("pk")

    @property
    def paginator(self) -> "Parts":
        return Parts(self.kind, self.items(), self.limit)

    def get_latest_lastmod(self) -> datetime | None:
        newest = public_repositories().filter(kind=self.kind).order_by("-updated_at")
        return newest.values_list("updated_at", flat=True).first()

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
