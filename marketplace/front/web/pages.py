"""Pages that say the same to everyone: prices, and what machines ask for."""

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from marketplace.accounts.http import MemberRequest
from marketplace.accounts.permissions import require_staff

EXAMPLE_PRICES = (0, 500, 1_999, 25_000)
A_DAY = 24 * 60 * 60
ROBOTS = """\
User-agent: *
Disallow: /accounts/
Disallow: /admin/
Disallow: /api/v1/
Disallow: /dashboard
Disallow: /operator
Disallow: /orders
Disallow: /search
Disallow: /settings/
"""


@require_safe
def pricing(request: HttpRequest) -> HttpResponse:
    site = settings.STOA
    context = {
        "examples": [_divided(price, site.fee_bps) for price in EXAMPLE_PRICES],
        "quota_bytes": site.namespace_quota_bytes,
        "upload_bytes": site.max_upload_bytes,
        "order_expiry_days": site.order_expiry_days,
    }
    return render(request, "front/pricing.html", context)


def _divided(price_minor: int, fee_bps: int) -> dict[str, int]:
    fee_minor = price_minor * fee_bps // 10_000
    return {
        "price_minor": price_minor,
        "fee_minor": fee_minor,
        "owners_minor": price_minor - fee_minor,
    }


@require_safe
@login_required
def style(request: MemberRequest) -> HttpResponse:
    require_staff(request.user)
    return render(
        request, "front/style.html", {"crumbs": [("Home", "/"), ("Style", "")]}
    )


@require_safe
@cache_control(public=True, max_age=A_DAY)
def robots(request: HttpRequest) -> HttpResponse:  # noqa: ARG001  Django's protocol
    site = settings.STOA.base_url.rstrip("/")
    told = f"{ROBOTS}\nSitemap: {site}{reverse('front:sitemap-index')}\n"
    return HttpResponse(told, content_type="text/plain")


@require_safe
@cache_control(public=True, max_age=A_DAY)
def opensearch(request: HttpRequest) -> HttpResponse:
    """Let browsers search here from their address bar (OpenSearch 1.1)."""
    context = {"base_url": settings.STOA.base_url.rstrip("/")}
    kind = "application/opensearchdescription+xml"
    return render(request, "front/opensearch.xml", context, content_type=kind)


@require_safe
@cache_control(public=True, max_age=A_DAY)
def favicon(request: HttpRequest) -> HttpResponse:  # noqa: ARG001  Django's protocol
    return redirect(static("favicon.svg"))
