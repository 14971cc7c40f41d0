"""Addresses of the catalog's pages; each has one for datasets and one for models."""

from collections.abc import Callable

from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, register_converter

from marketplace.catalog.models import Kind
from marketplace.catalog.web import (
    files,
    gates,
    history,
    repositories,
    requests,
    settings,
    uploads,
)


class RevisionConverter:
    """A revision as one segment: a slash in its name is a colon, which no name has."""

    regex = "[^/]+"

    def to_python(self, value: str) -> str:
        return value.replace(":", "/")

    def to_url(self, value: str) -> str:
        return value.replace("/", ":")


register_converter(RevisionConverter, "revision")

PAGES: dict[str, tuple[str, Callable[..., HttpResponseBase]]] = {
    "detail": ("", repositories.detail),
    "restore": ("/restore", repositories.restore),
    "access": ("/access", gates.access),
    "cancel": ("/access/cancel", gates.cancel),
    "tree": ("/tree/<revision:revision>", files.tree),
    "folder": ("/tree/<revision:revision>/<path:path>", files.tree),
    "blob": ("/blob/<revision:revision>/<path:path>", files.blob),
    "raw": ("/raw/<revision:revision>/<path:path>", files.raw),
    "commits": ("/commits/<revision:revision>", history.commits),
    "commit": ("/commit/<str:oid>", history.commit),
    "upload": ("/upload", uploads.upload),
    "remove": ("/remove/<path:path>", uploads.remove),
    "settings": ("/settings", settings.describe),
    "visibility": ("/settings/visibility", settings.visibility),
    "gating": ("/settings/gating", settings.gating),
    "move": ("/settings/move", settings.move),
    "requests": ("/settings/requests", requests.requests),
    "requests-csv": ("/settings/requests.csv", requests.requests_csv),
    "grant": ("/settings/requests/grant", requests.grant),
    "decide": ("/settings/requests/<str:person>/decide", requests.decide),
    "takings": ("/settings/downloads", requests.takings),
    "takings-csv": ("/settings/downloads.csv", requests.takings_csv),
    "sharing": ("/settings/sharing", settings.sharing),
    "unshare": ("/settings/sharing/<str:person>/remove", settings.unshare),
    "archive": ("/settings/archive", settings.archive),
    "delete": ("/settings/delete", settings.delete),
}

app_name = "catalog"
urlpatterns: list[URLPattern] = [
    path("new", repositories.new, name="repository-new"),
    *(
        path(
            f"{kind.lower()}s/<str:namespace>/<str:name>{rest}",
            view,
            {"kind": kind},
            name=f"{kind.lower()}-{name}",
        )
        for kind in Kind
        for name, (rest, view) in PAGES.items()
    ),
]
