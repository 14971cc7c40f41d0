"""What both edges read of a request."""

from ipaddress import ip_address

from django.http import HttpRequest
from rest_framework.request import Request

from licensing.models import Party
from licensing.services import party_of
from marketplace.accounts.models import Namespace
from marketplace.kit.errors import Malformed


def address_of(request: HttpRequest | Request) -> str | None:
    """Return the address that the request came from, None if it came by a socket."""
    given = request.META.get("REMOTE_ADDR", "")
    try:
        return str(ip_address(given))
    except ValueError:
        return None


def agent_of(request: HttpRequest | Request) -> str:
    """Return what the browser calls itself, fit to be stored."""
    return str(request.META.get("HTTP_USER_AGENT", "")).replace("\0", "")


def party_named(name: str, *, field: str) -> Party:
    """Return the party behind a namespace's name.

    Raises:
        Malformed: nobody here has this name; the message names `field`.
    """
    owned = Namespace.objects.select_related("user", "organisation")
    found = None if "\0" in name else owned.filter(name__iexact=name).first()
    if found is None:
        raise Malformed(f"{field}: nobody here is called “{name[:100]}”.")
    return party_of(found)
