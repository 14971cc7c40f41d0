"""What this site does not speak of the protocol: said plainly, with 501."""

from typing import NoReturn

from rest_framework.permissions import AllowAny
from rest_framework.request import Request

from marketplace.hub.errors import NotSupported, RepositoryNotFound
from marketplace.hub.http import HubView


class NotSpoken(HubView):
    """Any method on an address of the protocol that is not served here."""

    permission_classes = [AllowAny]
    says = "This site does not offer this part of the Hub's API."

    def get(self, request: Request, **_at: str) -> NoReturn:  # noqa: ARG002  DRF's shape
        raise NotSupported(self.says)

    head = post = put = patch = delete = get


class OneSegment(NotSpoken):
    """A repository's name without a namespace, of which there are none here."""

    def get(self, request: Request, **_at: str) -> NoReturn:  # noqa: ARG002  DRF's shape
        raise RepositoryNotFound("Write the name with its namespace: owner/name.")

    head = post = put = patch = delete = get


class Spaces(NotSpoken):
    """Spaces run programs, and this site has none."""

    says = "This site has datasets and models, but no spaces."
