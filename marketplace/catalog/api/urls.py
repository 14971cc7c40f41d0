from django.urls import URLPattern, path

from marketplace.catalog.api.views import (
    access,
    comparison,
    exports,
    files,
    handovers,
    lists,
    moderation,
    receipts,
    repositories,
    sources,
    versions,
)
from marketplace.catalog.models import Kind

ONE = "<str:namespace>/<str:name>"


def _of(kind: Kind) -> list[URLPattern]:
    many, one = f"{kind.lower()}s", f"{kind.lower()}s/{ONE}"
    label = kind.lower()
    return [
        path(
            many,
            lists.RepositoryList.as_view(
                kind=kind, operation_ids={"GET": f"{many}_list"}
            ),
            name=f"{label}-list",
        ),
        path(
            one,
            repositories.RepositoryDetail.as_view(kind=kind),
            name=f"{label}-detail",
        ),
        path(
            f"{one}/restore",
            repositories.RepositoryRestore.as_view(kind=kind),
            name=f"{label}-restore",
        ),
        path(
            f"{one}/move",
            repositories.RepositoryMove.as_view(kind=kind),
            name=f"{label}-move",
        ),
        path(
            f"{one}/access",
            access.RepositoryAccess.as_view(kind=kind),
            name=f"{label}-access",
        ),
        path(
            f"{one}/access-requests",
            access.RepositoryAccessRequests.as_view(kind=kind),
            name=f"{label}-access-requests",
        ),
        path(
            f"{one}/access-requests/<str:person>",
            access.RepositoryAccessRequest.as_view(kind=kind),
            name=f"{label}-access-request",
        ),
        path(
            f"{one}/downloads",
            access.RepositoryDownloads.as_view(kind=kind),
            name=f"{label}-downloads",
        ),
        path(
            f"{one}/shares",
            repositories.RepositoryShares.as_view(kind=kind),
            name=f"{label}-shares",
        ),
        path(
            f"{one}/shares/<str:person>",
            repositories.RepositoryShare.as_view(kind=kind),
            name=f"{label}-share",
        ),
        path(
            f"{one}/reports",
            moderation.RepositoryReports.as_view(kind=kind),
            name=f"{label}-reports",
        ),
        path(
            f"{one}/obligations",
            exports.RepositoryObligations.as_view(kind=kind),
            name=f"{label}-obligations",
        ),
        path(
            f"{one}/provenance",
            exports.RepositoryProvenance.as_view(kind=kind),
            name=f"{label}-provenance",
        ),
        path(
            f"{one}/citation",
            exports.RepositoryCitation.as_view(kind=kind),
            name=f"{label}-citation",
        ),
        path(
            f"{one}/tree/<str:revision>",
            versions.RepositoryTree.as_view(kind=kind),
            name=f"{label}-tree",
        ),
        path(
            f"{one}/commits",
            versions.RepositoryCommits.as_view(kind=kind),
            name=f"{label}-commits",
        ),
        path(
            f"{one}/tags",
            versions.RepositoryTags.as_view(kind=kind),
            name=f"{label}-tags",
        ),
        path(
            f"{one}/tags/<str:tag>",
            versions.RepositoryTag.as_view(kind=kind),
            name=f"{label}-tag",
        ),
        path(
            f"{one}/files/<path:path>",
            files.RepositoryFile.as_view(kind=kind),
            name=f"{label}-file",
        ),
    ]


urlpatterns = [
    *_of(Kind.DATASET),
    *_of(Kind.MODEL),
    path("handovers/<uuid:handover_id>", handovers.HandoverDetail.as_view()),
    path("handovers/<uuid:handover_id>/accept", handovers.HandoverAccept.as_view()),
    path("handovers/<uuid:handover_id>/close", handovers.HandoverClose.as_view()),
    path(
        "orders/<slug:number>/receipt", receipts.OrderReceipt.as_view(), name="receipt"
    ),
    path(
        "works/<uuid:work_id>/sources/<uuid:source_id>/withdraw",
        sources.SourceWithdraw.as_view(),
    ),
    path("reports", moderation.Reports.as_view()),
    path("reports/<uuid:report_id>", moderation.ReportDetail.as_view()),
    path("reports/<uuid:report_id>/decide", moderation.ReportDecide.as_view()),
    path("takedowns/<uuid:takedown_id>", moderation.TakedownDetail.as_view()),
    path(
        "takedowns/<uuid:takedown_id>/counter-notice",
        moderation.TakedownCounterNotice.as_view(),
    ),
    path("takedowns/<uuid:takedown_id>/decide", moderation.TakedownDecide.as_view()),
    path("offers/compare", comparison.CompareOffers.as_view()),
    path("search", lists.Search.as_view(), name="search"),
]
