"""Addresses of the catalog's pages; each has one for datasets and one for models.

The last are those that clients of the Hub print for models. They begin with the name of
somebody, so they are found only if nothing else has the address.
"""

from collections.abc import Callable

from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, register_converter
from django.urls.converters import StringConverter

from marketplace.accounts.names import fault_of
from marketplace.catalog.models import Kind
from marketplace.catalog.web import (
    comparison,
    differences,
    edits,
    files,
    gates,
    handovers,
    history,
    leading,
    moderation,
    publishing,
    questionnaires,
    repositories,
    requests,
    safety,
    settings,
    sources,
    uploads,
)


class RevisionConverter:
    """A revision as one segment: a slash in its name is a colon, which no name has."""

    regex = "[^/]+"

    def to_python(self, value: str) -> str:
        return value.replace(":", "/")

    def to_url(self, value: str) -> str:
        return value.replace("/", ":")


class OwnerConverter(StringConverter):
    """A name that somebody can have, so none that begins another address."""

    def to_python(self, value: str) -> str:
        if fault := fault_of(value):
            raise ValueError(fault)
        return value


register_converter(RevisionConverter, "revision")
register_converter(OwnerConverter, "owner")

PAGES: dict[str, tuple[str, Callable[..., HttpResponseBase]]] = {
    "detail": ("", repositories.detail),
    "restore": ("/restore", repositories.restore),
    "access": ("/access", gates.access),
    "cancel": ("/access/cancel", gates.cancel),
    "report": ("/report", moderation.report),
    "tree": ("/tree/<revision:revision>", files.tree),
    "folder": ("/tree/<revision:revision>/<path:path>", files.tree),
    "blob": ("/blob/<revision:revision>/<path:path>", files.blob),
    "diff": ("/diff/<revision:revision>/<path:path>", differences.diff),
    "raw": ("/raw/<revision:revision>/<path:path>", files.raw),
    "commits": ("/commits/<revision:revision>", history.commits),
    "commits-slashed": ("/commits/<path:revision>", history.commits),
    "commit": ("/commit/<str:oid>", history.commit),
    "safety": ("/safety", safety.safety),
    "upload": ("/upload", uploads.upload),
    "remove": ("/remove/<path:path>", uploads.remove),
    "publish": ("/publish", publishing.publish),
    "publish-step": ("/publish/<slug:step>", publishing.publish_step),
    "create": ("/create", edits.create),
    "edit": ("/edit/<path:path>", edits.edit),
    "settings": ("/settings", settings.describe),
    "visibility": ("/settings/visibility", settings.visibility),
    "gating": ("/settings/gating", settings.gating),
    "move": ("/settings/move", settings.move),
    "requests": ("/settings/requests", requests.requests),
    "requests-csv": ("/settings/requests.csv", requests.requests_csv),
    "grant": ("/settings/requests/grant", requests.grant),
    "decide": ("/settings/requests/decide", requests.decide),
    "questionnaire": ("/settings/questionnaire", questionnaires.questionnaire),
    "takings": ("/settings/downloads", requests.takings),
    "takings-csv": ("/settings/downloads.csv", requests.takings_csv),
    "sharing": ("/settings/sharing", settings.sharing),
    "unshare": ("/settings/sharing/<str:person>/remove", settings.unshare),
    "archive": ("/settings/archive", settings.archive),
    "delete": ("/settings/delete", settings.delete),
}

BELOW_MODELS = (
    "",
    "/tree/<path:path>",
    "/blob/<path:path>",
    "/raw/<path:path>",
    "/commits/<path:revision>",
    "/commit/<str:oid>",
    "/discussions",
    "/discussions/<int:number>",
)

app_name = "catalog"
urlpatterns: list[URLPattern] = [
    path("offers/compare", comparison.compare_offers, name="compare"),
    path("new", repositories.new, name="repository-new"),
    path("takedowns/<uuid:takedown_id>", moderation.takedown, name="takedown"),
    path("operator/reports", moderation.queue, name="moderation"),
    path(
        "operator/reports/<uuid:report_id>",
        moderation.decide_report,
        name="report-decide",
    ),
    path(
        "operator/takedowns/<uuid:takedown_id>",
        moderation.decide_takedown,
        name="takedown-decide",
    ),
    path(
        "works/<uuid:work_id>/sources/<uuid:source_id>/withdraw",
        sources.withdraw,
        name="source-withdraw",
    ),
    path("handovers/<uuid:handover_id>", handovers.handover, name="handover"),
    path(
        "handovers/<uuid:handover_id>/accept", handovers.accept, name="handover-accept"
    ),
    path("handovers/<uuid:handover_id>/close", handovers.close, name="handover-close"),
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
    *(
        path(f"<owner:namespace>/<str:name>{below}", leading.model)
        for below in BELOW_MODELS
    ),
]
