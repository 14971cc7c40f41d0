"""Addresses of the protocol. Each room of views adds its own lines.

A ref with slashes arrives decoded, as `refs/pr/1/data/x.csv`: whatever holds a revision
takes it as `<path:…>`, and `catalog.queries.split_revision` finds where it ends.
"""

from django.urls import URLPattern, path, register_converter
from django.urls.converters import PathConverter

from marketplace.catalog.models import Kind
from marketplace.hub.http import HubView
from marketplace.hub.views import (
    access,
    cards,
    collections,
    commits,
    croissant,
    discussions,
    files,
    identity,
    information,
    leaderboards,
    lfs,
    lfs_files,
    likes,
    lines,
    lists,
    oauth,
    parquet,
    people,
    reconstructions,
    repositories,
    trees,
    unknown,
    viewer,
    webhooks,
    xet,
)

ONE = "<str:namespace>/<str:name>"


class BesideOurApi(PathConverter):
    """Any path below /api/ that is not of this site's own API."""

    regex = "(?!v1/|schema/).+"


register_converter(BesideOurApi, "elsewhere")


def both(route: str, view: type[HubView]) -> list[URLPattern]:
    """Return the API's address of datasets and of models; `{one}` is a repository."""
    return [
        path(f"api/{kind.lower()}s{route.format(one=ONE)}", view.as_view(kind=kind))
        for kind in Kind
    ]


identity_urls = [
    path("api/whoami-v2", identity.WhoAmI.as_view()),
    path("api/agent-harnesses", identity.AgentHarnesses.as_view()),
]
oauth_urls = [
    path("oauth/device", oauth.DeviceAuthorization.as_view()),
    path("oauth/token", oauth.Tokens.as_view()),
]
WEBHOOK = "api/settings/webhooks/<str:webhook_id>"
webhook_urls = [
    path("api/settings/webhooks", webhooks.Webhooks.as_view()),
    path(WEBHOOK, webhooks.OneWebhook.as_view()),
    path(f"{WEBHOOK}/enable", webhooks.Switch.as_view(enabled=True)),
    path(f"{WEBHOOK}/disable", webhooks.Switch.as_view(enabled=False)),
]
access_urls = [
    *both("/{one}/auth-check", access.AuthCheck),
    *both("/{one}/auth-check/write", access.WriteCheck),
    *(
        path(
            f"api/{kind.lower()}s/{ONE}/user-access-request/{state}",
            access.AccessRequests.as_view(kind=kind, status=state),
        )
        for kind in Kind
        for state in access.STATES
    ),
    *both("/{one}/user-access-request/handle", access.Handle),
    *both("/{one}/user-access-request/grant", access.Grant),
    *both("/{one}/user-access-request/cancel", access.Cancel),
    path(f"datasets/{ONE}/ask-access", access.Ask.as_view(kind=Kind.DATASET)),
    path(f"{ONE}/ask-access", access.Ask.as_view(kind=Kind.MODEL)),
]

file_urls = [
    path(
        f"datasets/{ONE}/resolve/<path:rest>",
        files.Resolve.as_view(kind=Kind.DATASET),
    ),
    path(f"{ONE}/resolve/<path:rest>", files.Resolve.as_view(kind=Kind.MODEL)),
]

tree_urls = [
    *both("/{one}/tree/<path:rest>", trees.Tree),
    *both("/{one}/paths-info/<path:rest>", trees.PathsInfo),
    *both("/{one}/refs", trees.Refs),
    *both("/{one}/commits/<path:rest>", trees.Commits),
]

people_urls = [
    path("api/users/<str:person>/overview", people.PersonOverview.as_view()),
    *(
        path(f"api/organizations/<str:organisation>/{rest}", view.as_view())
        for rest, view in (
            ("overview", people.OrganisationOverview),
            ("members", people.OrganisationMembers),
        )
    ),
]

information_urls = [
    path("api/validate-yaml", cards.ValidateYaml.as_view()),
    path(f"api/datasets/{ONE}/croissant", croissant.Croissant.as_view()),
    path(f"api/datasets/{ONE}/leaderboard", leaderboards.Leaderboard.as_view()),
    *both("", lists.Repositories),
    *both("/{one}", information.Information),
    *both("/{one}/revision/<path:rest>", information.Information),
]

like_urls = [
    *both("/{one}/like", likes.Likes),
    *both("/{one}/likers", likes.Likers),
    path("api/users/<str:person>/likes", likes.LikesOfPerson.as_view()),
]

NUMBER = "/{one}/discussions/<int:number>"
discussion_urls = [
    *both("/{one}/discussions", discussions.Discussions),
    *both(NUMBER, discussions.OneDiscussion),
    *both(f"{NUMBER}/comment", discussions.Comments),
    *both(f"{NUMBER}/comment/<str:comment>/edit", discussions.EditedComment),
    *both(f"{NUMBER}/comment/<str:comment>/hide", discussions.HiddenComment),
    *both(f"{NUMBER}/title", discussions.Title),
    *both(f"{NUMBER}/status", discussions.StatusOf),
    *both(f"{NUMBER}/merge", discussions.Merge),
]

COLLECTION = "api/collections/<str:namespace>/<str:slug>"
collection_urls = [
    path("api/collections", collections.Collections.as_view()),
    path(COLLECTION, collections.OneCollection.as_view()),
    path(f"{COLLECTION}/items", collections.Items.as_view()),
    path(f"{COLLECTION}/items/<str:item>", collections.OneItem.as_view()),
]

write_urls = [
    path("api/repos/create", repositories.Create.as_view()),
    path("api/repos/delete", repositories.Delete.as_view()),
    path("api/repos/move", repositories.Move.as_view()),
    *both("/{one}/settings", repositories.Settings),
    *both("/{one}/branch/<path:branch>", lines.Branch),
    *both("/{one}/tag/<path:revision>", lines.Tag),
    *both("/{one}/super-squash/<path:branch>", lines.SuperSquash),
    *both("/{one}/preupload/<path:revision>", commits.Preupload),
    *both("/{one}/commit/<path:revision>", commits.CommitTo),
    *both("/{one}/lfs-files", lfs_files.LargeFiles),
    *both("/{one}/lfs-files/batch", lfs_files.ErasedFiles),
    *both("/{one}/lfs-files/duplicate", lfs_files.LentFiles),
]

lfs_urls = [
    *(
        path(f"{prefix}{ONE}.git/info/lfs/objects/{rest}", view.as_view(kind=kind))
        for prefix, kind in (("datasets/", Kind.DATASET), ("", Kind.MODEL))
        for rest, view in (("batch", lfs.Batch), ("verify", lfs.Verify))
    ),
    path("lfs/objects/<str:sha256>", lfs.SignedObject.as_view()),
    path("lfs/uploads/<uuid:upload_id>", lfs.SignedUpload.as_view()),
    path("lfs/uploads/<uuid:upload_id>/<int:number>", lfs.SignedPart.as_view()),
]

CACHE = "cas/<str:person>/<int:generation>"
xet_urls = [
    *both("/{one}/xet-read-token/<path:revision>", xet.Token),
    *both("/{one}/xet-write-token/<path:revision>", xet.WriteToken),
    path(f"{CACHE}/v1/xorbs/default/<str:xorb>", xet.Xorbs.as_view()),
    path(f"{CACHE}/v1/shards", xet.Shards.as_view()),
    path(f"{CACHE}/v2/shards", xet.ToldShards.as_view()),
    path(
        f"{CACHE}/v1/reconstructions/<str:file>",
        reconstructions.FirstReconstruction.as_view(),
    ),
    path(
        f"{CACHE}/v2/reconstructions/<str:file>",
        reconstructions.Reconstruction.as_view(),
    ),
    path("cas/blocks/<str:sha256>/<int:number>", reconstructions.Blocks.as_view()),
    path("cas/<path:rest>", xet.NotKept.as_view()),
    path("v1/telemetry", xet.Telemetry.as_view()),
]

TABLES = f"api/datasets/{ONE}/parquet"
viewer_urls = [
    *(path(f"viewer/{name}", view.as_view()) for name, view in viewer.VIEWS.items()),
    path(TABLES, parquet.ParquetFiles.as_view()),
    path(
        f"{TABLES}/<path:config>/<str:split>/<int:number>.parquet",
        parquet.ParquetFile.as_view(),
    ),
]

urlpatterns = [
    *viewer_urls,
    *identity_urls,
    *write_urls,
    *lfs_urls,
    *information_urls,
    *people_urls,
    *tree_urls,
    *file_urls,
    *oauth_urls,
    *webhook_urls,
    *access_urls,
    *xet_urls,
    *like_urls,
    *discussion_urls,
    *collection_urls,
    *both("/<str:name>", unknown.OneSegment),
    path("<str:name>/resolve/<path:rest>", unknown.OneSegment.as_view()),
    path("api/spaces", unknown.Spaces.as_view()),
    path("api/spaces/<path:rest>", unknown.Spaces.as_view()),
    path("spaces/<path:rest>", unknown.Spaces.as_view()),
    *(
        path(f"{things}/<path:rest>", unknown.NotSpoken.as_view())
        for things in ("buckets", "kernels", "papers")
    ),
    path("api/<elsewhere:rest>", unknown.NotSpoken.as_view()),
]
