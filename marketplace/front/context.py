"""What every page knows of the site (a first cut)."""

from django.http import HttpRequest


def site(request: HttpRequest) -> dict[str, object]:
    return {}
