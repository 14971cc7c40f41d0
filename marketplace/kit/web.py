"""What pages share: a refusal shown on the form that asked, an address readdressed."""

from collections.abc import Iterator
from contextlib import contextmanager

from django import forms
from django.http import HttpRequest
from django.urls import reverse

from marketplace.kit.errors import DomainError


@contextmanager
def refusals_on(form: forms.BaseForm) -> Iterator[None]:
    """Run one act; if the rules refuse it, say so on `form` and go on after the block.

    The act is a service, in a transaction of its own, so nothing is half-written. Return
    the redirect from inside the block, and render the form after it.
    """
    try:
        yield
    except DomainError as refusal:
        form.add_error(None, str(refusal))


def readdressed(request: HttpRequest, **changed: str) -> str:
    """Return the path and query asked for, with other values for parts of its route."""
    match = request.resolver_match
    if match is None:
        raise TypeError(f"{request.path} was not found by a route")
    path = reverse(match.view_name, kwargs={**match.kwargs, **changed})
    query = request.META.get("QUERY_STRING", "")
    return f"{path}?{query}" if query else path
