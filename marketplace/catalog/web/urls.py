"""Addresses of the catalog's pages; each has one for datasets and one for models."""

from collections.abc import Callable

from django.http import HttpResponse
from django.urls import URLPattern, path

from marketplace.catalog.models import Kind
from marketplace.catalog.web import files, history, repositories, settings, uploads

PAGES: dict[str, tuple[str, Callable[..., HttpResponse]]] = {
    "detail": ("", repositories.detail),
    "restore": ("/restore", repositories.restore),
    "tree": ("/tree/<str:revision>", files.tree),
    "folder": ("/tree/<str:revision>/<path:path>", files.tree),
    "blob": ("/blob/<str:revision>/<path:path>", files.blob),
    "raw": ("/raw/<str:revision>/<path:path>", files.raw),
    "commits": ("/commits/<str:revision>", history.commits),
    "commit": ("/commit/<str:oid>", history.commit),
    "upload": ("/upload", uploads.upload),
    "remove": ("/remove/<path:path>", uploads.remove),
    "settings": ("/settings", settings.describe),
    "visibility": ("/settings/visibility", settings.visibility),
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
