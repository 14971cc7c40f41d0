"""The dataset viewer of Hugging Face's clients: `/viewer/…`, on private datasets too.

Parameters, shapes and error codes are those of their viewer. What is more: `revision`
names a version, counts and statistics are of all rows, and `/selection` and `/asset`
give what a page of rows cannot.
"""

from collections.abc import Callable, Iterable
from typing import Any, ClassVar
from urllib.parse import urlencode

from django.http import FileResponse, HttpResponse
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.catalog.models import Repository
from marketplace.catalog.models.commits import MAIN
from marketplace.catalog.queries import Moved, commit_at
from marketplace.hub.http import HubView
from marketplace.hub.parquet import part_url
from marketplace.hub.viewer import (
    InvalidParameter,
    MissingParameter,
    number_of,
    page_of,
    question_of,
    required,
    viewer_refusal_of,
)
from marketplace.hub.viewer_host import site_of
from marketplace.kit.limits import address_of
from marketplace.viewer import shapes
from marketplace.viewer.asking.cells import Row
from marketplace.viewer.asking.columns import Column, Kind, columns_of
from marketplace.viewer.asking.files import lent
from marketplace.viewer.asking.rows import (
    MOST_ROWS,
    bytes_of,
    matching_rows,
    rows_of,
)
from marketplace.viewer.asking.selection import Format, most_rows, selected
from marketplace.viewer.asking.sql import COMPARED
from marketplace.viewer.assets import media_response
from marketplace.viewer.looking import (
    Looked,
    NoTables,
    TablesFailed,
    TablesNotReady,
    limits,
    look,
    shelf,
)
from marketplace.viewer.models import Part, Split
from marketplace.viewer.queries import bytes_of_splits, parts_of_splits

FIRST_BYTES = 2**20
KEPT_SECONDS = 3600


class ViewerView(HubView):
    """One question to the viewer; `dataset` says of what, and `revision` of when."""

    takes_confined_tokens = True

    def get_exception_handler(self) -> Any:
        return viewer_refusal_of

    def looked(self, request: Request) -> Looked:
        """Return the tables that are asked for, and say of which version they are.

        Raises:
            MissingParameter, RepositoryNotFound, RevisionNotFound: there is none such.
            AccessRefused, TablesNotReady, NoTables, TablesFailed: see `look`.
        """
        query = request.query_params
        repository = self._asked_for(required(query, "dataset"))
        commit = commit_at(repository, query.get("revision", "") or MAIN)
        self.headers["X-Revision"] = commit.oid
        now = timezone.now()
        return look(request.user, repository=repository, commit=commit, at=now)

    def _asked_for(self, dataset: str) -> Repository:
        namespace, _, name = dataset.partition("/")
        try:
            return self.repository(namespace, name)
        except Moved as moved:
            return moved.repository

    def split(self, request: Request, looked: Looked) -> Split:
        """Return the split that `config` and `split` name."""
        query = request.query_params
        return looked.split(required(query, "config"), required(query, "split"))

    def parts(
        self, request: Request, looked: Looked, split: Split, *, is_taken: bool = False
    ) -> list[Part]:
        asked_from = address_of(request)
        return looked.parts(split, address=asked_from, is_taken=is_taken)

    def asset(self, request: Request, looked: Looked, split: Split) -> "Address":
        """Return how the pictures and sounds of a split are addressed."""
        said = {
            "dataset": str(looked.repository),
            "config": split.config,
            "split": split.split,
            "revision": looked.commit.oid,
        }
        base = f"{site_of(request)}/viewer/asset"

        def of(row: int, column: Column) -> str:
            asked = urlencode({**said, "row": row, "column": column.name})
            return f"{base}?{asked}"

        return of


Address = Callable[[int, Column], str]


class IsValid(ViewerView):
    """What the viewer can do with a dataset, a config or a split: all false, if nothing."""

    def get(self, request: Request) -> Response:
        query = request.query_params
        try:
            looked = self.looked(request)
            splits = looked.sound
            if query.get("config"):
                splits = looked.of_config(query["config"], is_read=True)
            if query.get("split"):
                splits = [self.split(request, looked)]
        except (TablesNotReady, NoTables, TablesFailed):
            splits = []
        columns = [each for split in splits for each in columns_of(split.features)]
        has_rows = bool(splits)
        return Response(
            {
                "preview": has_rows,
                "viewer": has_rows,
                "search": any(each.is_text for each in columns),
                "filter": any(each.kind in COMPARED for each in columns),
                "statistics": any(each.statistics is not None for each in splits),
            }
        )


class Splits(ViewerView):
    """The splits of a dataset, or of one of its configs."""

    def get(self, request: Request) -> Response:
        looked = self.looked(request)
        splits = _of_config(request, looked)
        return Response(shapes.splits_said(str(looked.repository), splits))


class FirstRows(ViewerView):
    """The first hundred rows of a split, cells cut so that they are 1 MB at most."""

    def get(self, request: Request) -> Response:
        looked = self.looked(request)
        split = self.split(request, looked)
        rows = self.rows(request, looked, split, range(MOST_ROWS), FIRST_BYTES)
        dataset = str(looked.repository)
        return Response(shapes.first_rows_said(dataset, split, rows))

    def rows(
        self,
        request: Request,
        looked: Looked,
        split: Split,
        asked: range,
        most_bytes: int,
    ) -> list[Row]:
        parts = self.parts(request, looked, split)
        with lent(split, parts, shelf=shelf(), rows=asked) as table:
            return rows_of(
                table,
                offset=asked.start,
                length=len(asked),
                address=self.asset(request, looked, split),
                limits=limits(),
                most_bytes=most_bytes,
            )


class Rows(FirstRows):
    """A page of a split's rows, by their numbers."""

    page_bytes: ClassVar[int] = 10 * 2**20

    def get(self, request: Request) -> Response:
        offset, length = page_of(request.query_params)
        looked = self.looked(request)
        split = self.split(request, looked)
        asked = range(offset, offset + length)
        rows = self.rows(request, looked, split, asked, self.page_bytes)
        return Response(shapes.page_said(split, rows, total=split.rows))


class Filter(ViewerView):
    """A page of the rows that `where` picks, sorted by `orderby`."""

    needs: ClassVar[tuple[str, ...]] = ("where", "orderby")

    def get(self, request: Request) -> Response:
        query = request.query_params
        if not any(query.get(name) for name in self.needs):
            said = "' or '".join(self.needs)
            raise MissingParameter(f"Parameter '{said}' is required")
        offset, length = page_of(query)
        asked = question_of(query)
        looked = self.looked(request)
        split = self.split(request, looked)
        parts = self.parts(request, looked, split)
        with lent(split, parts, shelf=shelf()) as table:
            page = matching_rows(
                table,
                asked,
                offset=offset,
                length=length,
                address=self.asset(request, looked, split),
                limits=limits(),
            )
        return Response(shapes.page_said(split, page.rows, total=page.total))


class Search(Filter):
    """A page of the rows that have all words of `query` in their texts."""

    needs = ("query",)


class Parquet(ViewerView):
    """The Parquet files of a dataset, or of one of its configs, each with its address."""

    def get(self, request: Request) -> Response:
        looked = self.looked(request)
        splits = _of_config(request, looked)
        dataset, commit = str(looked.repository), looked.commit.oid
        site = site_of(request)
        return Response(
            shapes.parquet_said(
                dataset,
                splits,
                parts_of_splits(splits),
                url_of=lambda part: part_url(
                    part, site=site, dataset=dataset, commit=commit
                ),
            )
        )


class Info(ViewerView):
    """What `datasets` knows of a dataset before it reads it: features, and sizes."""

    def get(self, request: Request) -> Response:
        looked = self.looked(request)
        splits = _of_config(request, looked, is_read=True)
        dataset = str(looked.repository)
        said = shapes.info_said(dataset, splits, bytes_of_splits(splits))
        config = request.query_params.get("config", "")
        if config:
            return Response({"dataset_info": said[config], "partial": False})
        failed = shapes.failed_jobs_said(dataset, splits, kind="config-info")
        return Response({"dataset_info": said, **shapes.WHOLE, "failed": failed})


class Size(ViewerView):
    """How many rows and bytes a dataset has, its configs and its splits."""

    def get(self, request: Request) -> Response:
        looked = self.looked(request)
        splits = _of_config(request, looked, is_read=True)
        dataset = str(looked.repository)
        said = shapes.size_said(dataset, splits, bytes_of_splits(splits))
        if request.query_params.get("config"):
            (config,) = said["configs"]
            size = {"config": config, "splits": said["splits"]}
            return Response({"size": size, "partial": False})
        failed = shapes.failed_jobs_said(dataset, splits, kind="config-size")
        return Response({"size": said, **shapes.WHOLE, "failed": failed})


class Statistics(ViewerView):
    """What is counted of each column, over all rows."""

    def get(self, request: Request) -> Response:
        split = self.split(request, self.looked(request))
        if split.statistics is None:
            raise TablesNotReady("The columns of this split are being counted.")
        return Response(shapes.statistics_said(split))


class Selection(ViewerView):
    """The rows that `where` and `query` pick, sorted by `orderby`, as one file."""

    def get(self, request: Request) -> FileResponse:
        query = request.query_params
        form = query.get("as", Format.CSV)
        if form not in set(Format):
            raise InvalidParameter("Parameter 'as' must be csv or parquet")
        asked = question_of(query)
        looked = self.looked(request)
        split = self.split(request, looked)
        parts = self.parts(request, looked, split, is_taken=True)
        kept = shelf()
        with lent(split, parts, shelf=kept) as table:
            found = selected(
                table,
                asked,
                form=Format(form),
                most=most_rows(split.rows, bytes_in_memory=split.bytes_in_memory),
                limits=limits(),
                folder=kept.ready,
            )
        name = f"{looked.repository.name}-{split.config}-{split.split}.{form}"
        return FileResponse(
            found.file,
            as_attachment=True,
            filename=name,
            content_type=Format(form).media_type,
            headers={
                "X-Num-Rows": str(found.rows),
                "X-Truncated": str(found.is_full).lower(),
            },
        )


class Asset(ViewerView):
    """One picture or sound, by its row and column."""

    def get(self, request: Request) -> HttpResponse:
        query = request.query_params
        row, name = number_of(query, "row", default=0), required(query, "column")
        looked = self.looked(request)
        split = self.split(request, looked)
        column = _media_named(name, columns_of(split.features))
        parts = self.parts(request, looked, split)
        with lent(split, parts, shelf=shelf(), rows=range(row, row + 1)) as table:
            content = bytes_of(table, column, index=row, limits=limits())
        if content is None:
            raise InvalidParameter(f"There is nothing in row {row} of “{name}”.")
        name = f"{split.split}-{row}"
        return media_response(content, name=name, kept_seconds=KEPT_SECONDS)


VIEWS: dict[str, type[ViewerView]] = {
    "is-valid": IsValid,
    "splits": Splits,
    "first-rows": FirstRows,
    "rows": Rows,
    "search": Search,
    "filter": Filter,
    "parquet": Parquet,
    "info": Info,
    "size": Size,
    "statistics": Statistics,
    "selection": Selection,
    "asset": Asset,
}


def _of_config(
    request: Request, looked: Looked, *, is_read: bool = False
) -> list[Split]:
    """Return the splits of the config that is named, of all if none is."""
    config = request.query_params.get("config", "")
    return looked.of_config(config, is_read=is_read) if config else looked.splits


def _media_named(name: str, columns: Iterable[Column]) -> Column:
    for column in columns:
        if column.name == name and column.kind is Kind.MEDIA:
            return column
    raise InvalidParameter(f"There is no column “{name[:100]}” of pictures or sounds.")
