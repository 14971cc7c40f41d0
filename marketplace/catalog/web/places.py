"""What every page of one repository shares: addresses, tabs, breadcrumbs, rights."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

from marketplace.catalog.cards import README
from marketplace.catalog.models import Kind, Repository
from marketplace.catalog.models.commits import MAIN
from marketplace.catalog.permissions import CHANGE, MANAGE, AnyUser, require, rights_of
from marketplace.catalog.queries import find_repository

PLURALS = {Kind.DATASET: _("Datasets"), Kind.MODEL: _("Models")}
LINKED = ("detail", "upload", "create", "publish", "settings", "restore", "report")


@dataclass(frozen=True, slots=True)
class Tab:
    label: str
    url: str
    is_on: bool


@dataclass(frozen=True, slots=True)
class Place:
    """One repository as one person stands before it."""

    repository: Repository
    rights: frozenset[str]

    @property
    def may_change(self) -> bool:
        return CHANGE in self.rights

    @property
    def may_manage(self) -> bool:
        return MANAGE in self.rights

    @property
    def may_commit(self) -> bool:
        return self.may_change and self.repository.archived_at is None

    def url(self, page: str, *below: str) -> str:
        """Return the address of one of its pages, such as `tree` of a revision."""
        return url_of(self.repository, page, *below)

    def folder_url(self, revision: str, path: str) -> str:
        if not path:
            return self.url("tree", revision)
        return self.url("folder", revision, path)

    def trail(self, *more: tuple[str, str]) -> list[tuple[str, str]]:
        """Return breadcrumbs: kind, namespace, repository, and what is below it."""
        repository = self.repository
        owner = repository.namespace
        about = "accounts:organisation" if owner.organisation_id else "front:person"
        return [
            (
                str(PLURALS[Kind(repository.kind)]),
                reverse(f"front:{repository.plural}"),
            ),
            (owner.name, reverse(about, args=[owner.name])),
            (repository.name, self.url("detail")),
            *more,
        ]

    def tabs(self, on: str) -> list[Tab]:
        """Return the tabs; `on` is the label, in English, of the one that is shown."""
        here = self.url("detail")  # try, data and discussions are of other rooms
        shown = [(gettext_noop("Card"), here)]
        if self.repository.kind == Kind.MODEL:
            shown.append((gettext_noop("Try it"), f"{here}/try"))
        else:
            shown.append((gettext_noop("Data"), f"{here}/data"))
        shown += [
            (gettext_noop("Files"), self.url("tree", MAIN)),
            (gettext_noop("History"), self.url("commits", MAIN)),
            (gettext_noop("Discussions"), f"{here}/discussions"),
        ]
        if self.repository.is_gated and not self.may_change:
            shown.append((gettext_noop("Access"), self.url("access")))
        if self.may_change:
            shown.append((gettext_noop("Settings"), self.url("settings")))
        return [Tab(gettext(label), url, label == on) for label, url in shown]


def url_of(repository: Repository, page: str, *below: str) -> str:
    at = [repository.namespace.name, repository.name, *below]
    return reverse(f"catalog:{repository.kind.lower()}-{page}", args=at)


def place_for(user: AnyUser, *, kind: Kind, namespace: str, name: str) -> Place:
    """Return the repository at an address, for one who may see it, or 404.

    Cost: at most three queries and those of `may_see`.
    """
    repository = find_repository(user, kind=kind, namespace=namespace, name=name)
    return Place(repository, rights_of(user, repository))


def managed(request: HttpRequest, kind: Kind, namespace: str, name: str) -> Place:
    """Return the repository at an address, for one who manages it.

    Raises:
        Http404: they may not know of it.
        PermissionDenied: they may not manage it.
    """
    place = place_for(request.user, kind=kind, namespace=namespace, name=name)
    require(request.user, MANAGE, place.repository)
    return place


def context_of(place: Place, *, tab: str, **more: Any) -> dict[str, Any]:
    """Return what the head of every page of a repository needs, and `more`."""
    return {
        "section": place.repository.plural,
        "place": place,
        "repository": place.repository,
        "tabs": place.tabs(tab),
        "crumbs": place.trail(),
        "urls": {
            **{page: place.url(page) for page in LINKED},
            "card": place.url("edit", README),
        },
        **more,
    }


def api_url(request: HttpRequest, repository: Repository, path: str) -> str:
    """Return the API's address of a file, as programs outside need it."""
    names = [repository.namespace.name, repository.name, path]
    return request.build_absolute_uri(
        reverse(f"{repository.kind.lower()}-file", args=names)
    )
