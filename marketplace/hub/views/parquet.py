"""`parquet`: the tables of a dataset as files, which anything that reads Parquet reads."""

from collections import defaultdict

from django.http import HttpResponse
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.catalog.models.commits import MAIN
from marketplace.catalog.queries import commit_at
from marketplace.catalog.sending import send_blob
from marketplace.catalog.trees import NoSuchFile
from marketplace.hub.http import HubView, address
from marketplace.hub.parquet import part_url
from marketplace.kit.limits import address_of
from marketplace.storage.ranges import begins
from marketplace.viewer.asking.selection import Format
from marketplace.viewer.looking import Looked, look
from marketplace.viewer.queries import parts_of_splits
from marketplace.viewer.releasing import release_part


class TablesView(HubView):
    """The tables of the version that `revision` means; of the newest, if it is not said."""

    takes_confined_tokens = True

    def looked(self, request: Request, namespace: str, name: str) -> Looked:
        repository = self.repository(namespace, name)
        revision = request.query_params.get("revision", "") or MAIN
        commit = commit_at(repository, revision)
        self.headers["X-Repo-Commit"] = commit.oid
        now = timezone.now()
        return look(request.user, repository=repository, commit=commit, at=now)


class ParquetFiles(TablesView):
    """The addresses of all files, by config and split."""

    def get(self, request: Request, namespace: str, name: str) -> Response:
        looked = self.looked(request, namespace, name)
        site = address(request, "/").rstrip("/")
        said: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        for part in parts_of_splits(looked.splits):
            url = part_url(
                part,
                site=site,
                dataset=str(looked.repository),
                commit=looked.commit.oid,
            )
            said[part.split.config][part.split.split].append(url)
        return Response(said)


class ParquetFile(TablesView):
    """One file of a split; GET and HEAD lead to its bytes, as `resolve` does."""

    def get(
        self,
        request: Request,
        *,
        namespace: str,
        name: str,
        config: str,
        split: str,
        number: int,
    ) -> HttpResponse:
        looked = self.looked(request, namespace, name)
        split_named = looked.split(config, split)
        found = parts_of_splits([split_named]).filter(number=number).first()
        if found is None:
            raise NoSuchFile(f"There is no file {number} of “{config}”, “{split}”.")
        asked = request.headers.get("Range")
        part = release_part(
            request.user,
            repository=looked.repository,
            part=found,
            at=looked.at,
            is_counted=request.method == "GET" and begins(asked),
            address=address_of(request),
        )
        answer = send_blob(
            request,
            repository=looked.repository,
            blob=part.blob,
            filename=f"{name}-{config}-{split}-{part.filename}",
            content_type=Format.PARQUET.media_type,
            now=looked.at,
        )
        answer.headers["X-Repo-Commit"] = looked.commit.oid
        answer.headers["ETag"] = f'"{part.blob.pk}"'
        return answer
