"""What an answer with a file's bytes leads on to, as a `Link` header (RFC 8288)."""

from urllib.parse import urlencode

from django.urls import reverse

from marketplace.catalog.models import Repository


def obligations_link(repository: Repository, revision: str) -> str:
    """Return the link to what whoever takes a file of a version owes."""
    at = [repository.namespace.name, repository.name]
    path = reverse(f"{repository.kind.lower()}-obligations", args=at)
    return f'<{path}?{urlencode({"revision": revision})}>; rel="license"'
