from django.urls import URLPattern, path

from marketplace.catalog.api.views import files, lists, repositories, versions
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
    path("search", lists.Search.as_view(), name="search"),
]
