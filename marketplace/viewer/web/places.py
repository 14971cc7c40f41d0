"""What every page of a dataset's tables shares: the version, how far it is, its splits."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext

from licensing.queries import Access
from marketplace.catalog.downloads import AccessRefused
from marketplace.catalog.models import Commit, Kind
from marketplace.catalog.models.commits import MAIN
from marketplace.catalog.queries import commit_at, head_of, versions_of
from marketplace.catalog.web.places import Place, context_of, place_for
from marketplace.kit.limits import address_of
from marketplace.viewer.looking import Looked
from marketplace.viewer.models import Conversion, Part, Split
from marketplace.viewer.permissions import require_rows
from marketplace.viewer.queries import conversion_of, splits_of
from marketplace.viewer.services import ask_conversion

TAB = "Data"
MOST_VERSIONS = 50


@dataclass(frozen=True, slots=True)
class Viewed:
    """One version of a dataset as one person may see its tables.

    `refusal` says why they may not see rows; `commit` is None where nothing is in it.
    """

    request: HttpRequest
    place: Place
    revision: str
    commit: Commit | None
    conversion: Conversion | None
    splits: tuple[Split, ...]
    access: Access | None
    refusal: AccessRefused | None
    at: datetime

    def url(self, page: str = "data", *below: Any) -> str:
        return url_of(self.place, page, *below, revision=self.revision)

    def split(self, config: str, split: str) -> Split | None:
        """Return the split that is asked for, or the first with rows of the config.

        Raises:
            Http404: it has no such config or split.
        """
        lots = [one for one in self.splits if config in ("", one.config)]
        found = [one for one in lots if split in ("", one.split)]
        if not found and (config or split):
            raise Http404(
                gettext("There is no split “%(split)s” of “%(config)s”.")
                % {"split": split[:100], "config": config[:100]}
            )
        with_rows = (one for one in found if one.failure is None)
        return next(with_rows, found[0] if found else None)

    def parts(self, split: Split) -> list[Part]:
        """Return a split's files, and count the look where it is paid for.

        Raises:
            AccessRefused: they may not see rows.
        """
        if not (self.access and self.commit and self.conversion):
            raise self.refusal or Http404(gettext("There are no rows."))
        looked = Looked(
            self.request.user,
            self.place.repository,
            self.commit,
            self.conversion,
            self.access,
            self.at,
        )
        return looked.parts(split, address=address_of(self.request))


def url_of(place: Place, page: str = "data", *below: Any, revision: str = MAIN) -> str:
    """Return the address of a page of tables; that of `main` says no revision."""
    repository = place.repository
    at = [repository.namespace.name, repository.name]
    if page == "data" and revision == MAIN:
        return reverse("viewer:data", args=at)
    name = "data-version" if page == "data" else page
    return reverse(f"viewer:{name}", args=[*at, revision, *below])


def viewed(request: HttpRequest, namespace: str, name: str, revision: str) -> Viewed:
    """Return a version's tables; have it converted, if whoever asks may see its rows.

    Raises:
        Http404: they may not know of it.
        TakenDown: the operators withhold it.
        RevisionNotFound: it has no such version.
    """
    place = place_for(request.user, kind=Kind.DATASET, namespace=namespace, name=name)
    now = timezone.now()
    repository = place.repository
    is_empty = revision == MAIN and head_of(repository) is None
    commit = None if is_empty else commit_at(repository, revision)
    access, refusal = None, None
    try:
        access = require_rows(request.user, repository=repository, at=now)
    except AccessRefused as refused:
        refusal = refused
    conversion = conversion_of(repository, commit) if commit else None
    if commit and conversion is None and access is not None:
        conversion = ask_conversion(repository, commit=commit, at=now)
    splits = tuple(splits_of(conversion)) if conversion is not None else ()
    told = (request, place, revision, commit, conversion, splits)
    return Viewed(*told, access=access, refusal=refusal, at=now)


def context_for(seen: Viewed, *, on: str, **more: Any) -> dict[str, Any]:
    """Return what the head of every page of tables needs, and `more`."""
    refusal = seen.refusal
    return context_of(
        seen.place,
        tab=TAB,
        seen=seen,
        conversion=seen.conversion,
        revision=seen.revision,
        refusal=refusal,
        refusal_url=refusal.path if refusal else "",
        is_owner=seen.place.may_change,
        versions=[
            (ref.name, url_of(seen.place, revision=ref.name))
            for ref in versions_of(seen.place.repository)[:MOST_VERSIONS]
        ],
        pages=[
            (gettext("Rows"), seen.url(), on == "Rows"),
            (
                gettext("Quality of the data"),
                seen.url("quality"),
                on == "What to look at",
            ),
            (
                gettext("Compare versions"),
                seen.url("comparison"),
                on == "Compare versions",
            ),
        ],
        **more,
    )
