"""One picture or sound of a table, at an address that a page has signed."""

from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from marketplace.kit.errors import DomainError
from marketplace.viewer.asking.columns import Kind, columns_of
from marketplace.viewer.asking.files import lent
from marketplace.viewer.asking.rows import bytes_of
from marketplace.viewer.assets import asset_at, media_response
from marketplace.viewer.looking import limits, shelf
from marketplace.viewer.models import Split
from marketplace.viewer.queries import parts_of


class AddressExpired(DomainError):
    """It was signed by nobody here, or too long ago."""

    code = "address_expired"
    status = HTTPStatus.FORBIDDEN


class NoSuchAsset(DomainError):
    code = "no_such_asset"
    status = HTTPStatus.NOT_FOUND


@require_safe
def asset(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    found = asset_at(
        reverse("viewer:asset"),
        request.META["QUERY_STRING"],
        keys=settings.STOA.secret_keys,
        at=now,
    )
    if found is None:
        raise AddressExpired(gettext("This address has expired. Load its page again."))
    split = Split.objects.filter(pk=found.split).first()
    columns = columns_of(split.features) if split is not None else ()
    if split is None or columns[found.column].kind is not Kind.MEDIA:
        raise NoSuchAsset(gettext("There is no such picture or sound any more."))
    span = range(found.row, found.row + 1)
    with lent(split, list(parts_of(split)), shelf=shelf(), rows=span) as table:
        data = bytes_of(table, columns[found.column], index=found.row, limits=limits())
    if data is None:
        raise NoSuchAsset(gettext("There is nothing in this cell."))
    return media_response(
        data,
        name=f"{split.split}-{found.row}",
        kept_seconds=settings.STOA.signed_url_seconds,
    )
