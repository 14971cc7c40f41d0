"""Boards over HTTP: read a page or all of one, and choose what it shows and ranks by."""

import hashlib
from typing import Any

from django.http import HttpResponseBase, StreamingHttpResponse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from marketplace.accounts.http import MemberApiRequest
from marketplace.accounts.models import Scope
from marketplace.kit.errors import Malformed
from marketplace.kit.keyset import Order, page_of, size_from
from marketplace.kit.spreadsheets import as_file
from training.api.contests import PAGE_PARAMETERS, contest_of, next_page_url
from training.api.references import ReferenceOut
from training.contests import services
from training.contests.columns import (
    measures_of,
    ranked_by,
    shown_columns,
    title_of_measure,
)
from training.contests.exports import (
    CONTENT_TYPES,
    BoardExport,
    ExportFormat,
    row_told,
)
from training.contests.models import BoardRow, Contest, RankingScheme
from training.contests.permissions import may_host
from training.contests.queries import board_of
from training.leaderboards.columns import (
    LONGEST_TITLE,
    MOST_COLUMNS,
    MOST_DECIMALS,
    MOST_TERMS,
    BoardColumn,
    Operation,
    Scheme,
    Source,
)

PLACES = Order(("place", "id"))


class BoardRowOut(serializers.ModelSerializer[BoardRow]):
    columns = serializers.DictField(
        child=serializers.FloatField(allow_null=True),
        read_only=True,
        help_text="Numbers by the keys of the board's columns; null where there is none.",
    )
    intervals = serializers.DictField(
        child=serializers.ListField(
            child=serializers.FloatField(), min_length=2, max_length=2
        ),
        read_only=True,
        help_text="95 % intervals by the keys of chosen columns, where they are known.",
    )

    class Meta:
        model = BoardRow
        fields = read_only_fields = [
            "place",
            "rank",
            "rank_low",
            "rank_high",
            "tie_low",
            "tie_high",
            "p_above",
            "mean_rank",
            "name",
            "is_baseline",
            "is_disqualified",
            "score",
            "low",
            "high",
            "format",
            "ece",
            "latency_ms_per_row",
            "peak_memory_bytes",
            "columns",
            "intervals",
            "device",
            "submission_count",
            "reached_at",
        ]


class BoardColumnOut(serializers.Serializer[Any]):
    """A column beside the score; see `BoardColumnIn`."""

    key = serializers.CharField(read_only=True)
    title = serializers.CharField(read_only=True)
    source = serializers.ChoiceField([each.value for each in Source], read_only=True)  # type: ignore[assignment]  # a field of ours
    measure = serializers.CharField(read_only=True)
    operation = serializers.ChoiceField(
        [each.value for each in Operation], read_only=True, allow_null=True
    )
    of = serializers.ListField(child=serializers.CharField(), read_only=True)
    weights = serializers.ListField(child=serializers.FloatField(), read_only=True)
    decimals = serializers.IntegerField(read_only=True, allow_null=True)
    is_greater_better = serializers.BooleanField(read_only=True)
    is_hidden = serializers.BooleanField(read_only=True)
    ranks = serializers.BooleanField(read_only=True)


class LeaderboardOut(serializers.Serializer[Any]):
    metric = serializers.CharField(
        read_only=True, help_text="What `score` is: a metric, or the column that ranks."
    )
    greater_is_better = serializers.BooleanField(read_only=True)
    ranking = serializers.ChoiceField(RankingScheme.choices, read_only=True)
    columns = BoardColumnOut(many=True, read_only=True)
    references = ReferenceOut(many=True, read_only=True)
    scorer_version = serializers.IntegerField(read_only=True)
    results = BoardRowOut(many=True, read_only=True)
    next = serializers.URLField(read_only=True, allow_null=True)
    me = BoardRowOut(read_only=True, allow_null=True)


class BoardColumnIn(serializers.Serializer[Any]):
    """A column: a metric of the contest, what runs tell of, or computed of others."""

    key = serializers.CharField(max_length=40, help_text="What exports call it.")
    title = serializers.CharField(max_length=LONGEST_TITLE)
    source = serializers.ChoiceField([each.value for each in Source])  # type: ignore[assignment]  # a field of ours
    measure = serializers.CharField(
        max_length=100,
        required=False,
        allow_blank=True,
        help_text="Which metric or usage; `measures` of the columns lists them.",
    )
    operation = serializers.ChoiceField(
        [each.value for each in Operation],
        required=False,
        allow_null=True,
        help_text="How a computed column makes one number of those in `of`.",
    )
    of = serializers.ListField(
        child=serializers.CharField(max_length=40),
        max_length=MOST_TERMS,
        required=False,
        help_text="Keys of columns that are not computed themselves.",
    )
    weights = serializers.ListField(
        child=serializers.FloatField(), max_length=MOST_TERMS, required=False
    )
    decimals = serializers.IntegerField(
        min_value=0,
        max_value=MOST_DECIMALS,
        required=False,
        allow_null=True,
        help_text="Null prints four significant digits.",
    )
    is_greater_better = serializers.BooleanField(default=True)
    is_hidden = serializers.BooleanField(
        default=False, help_text="Whether only the hosts see it."
    )
    ranks = serializers.BooleanField(
        default=False, help_text="Whether the ranking counts it, unless it is SCORE."
    )


class ContestColumnsIn(serializers.Serializer[Any]):
    ranking = serializers.ChoiceField(RankingScheme.choices)
    columns: serializers.ListSerializer[Any] = serializers.ListSerializer(
        child=BoardColumnIn(), max_length=MOST_COLUMNS
    )


class MeasureOut(serializers.Serializer[Any]):
    source = serializers.ChoiceField([each.value for each in Source], read_only=True)  # type: ignore[assignment]  # a field of ours
    measure = serializers.CharField(read_only=True)
    title = serializers.CharField(read_only=True)


class ContestColumnsOut(serializers.Serializer[Any]):
    ranking = serializers.ChoiceField(RankingScheme.choices, read_only=True)
    columns = BoardColumnOut(many=True, read_only=True)
    measures = MeasureOut(
        many=True, read_only=True, help_text="What columns of this contest may show."
    )


BOARD_COLUMNS = tuple(name for name in BoardRowOut.Meta.fields if name != "intervals")


class Leaderboard(APIView):
    @extend_schema(
        operation_id="contest_leaderboard",
        parameters=PAGE_PARAMETERS,
        responses={200: LeaderboardOut, 304: None},
    )
    def get(self, request: Request, slug: str) -> HttpResponseBase:
        """Read the board by keyset; it has an ETag, so polling is cheap."""
        contest = contest_of(request, slug)
        is_host = may_host(request.user, contest)
        columns = shown_columns(contest, is_host=is_host)
        etag = _etag(request, contest, columns)
        unchanged = get_conditional_response(request, etag=etag)
        if unchanged is not None:
            return unchanged
        page = page_of(
            board_of(contest, is_host=is_host).values(*BOARD_COLUMNS, "id"),
            order=PLACES,
            cursor=request.query_params.get("cursor", ""),
            size=size_from(request.query_params),
        )
        first = ranked_by(contest)
        body = {
            "metric": first.key,
            "greater_is_better": first.is_greater_better,
            "ranking": contest.ranking,
            "columns": [each.as_json() for each in columns],
            "references": contest.reference_scores,
            "scorer_version": contest.scorer_version,
            "results": [_told(row, columns) for row in page.rows],
            "next": next_page_url(request, page.next_cursor),
            "me": _own_row(request, contest, columns),
        }
        return Response(body, headers={"ETag": etag, "Cache-Control": "private"})


def _etag(request: Request, contest: Contest, columns: tuple[BoardColumn, ...]) -> str:
    hidden = contest.hides_board(timezone.now())
    shown = f"{contest.pk} {contest.board_version} {hidden} {len(columns)}"
    seen = f"{shown} {request.user.pk}"
    asked = request.GET.urlencode()
    return f'"{hashlib.sha256(f"{seen} {asked}".encode()).hexdigest()[:32]}"'


def _told(row: dict[str, Any], columns: tuple[BoardColumn, ...]) -> dict[str, Any]:
    told = row_told(row, columns)
    told.pop("id", None)
    return told


def _own_row(
    request: Request, contest: Contest, columns: tuple[BoardColumn, ...]
) -> dict[str, Any] | None:
    if not request.user.is_authenticated:
        return None
    own = board_of(contest).filter(entrant__members__user=request.user)
    row: dict[str, Any] | None = own.values(*BOARD_COLUMNS).first()
    return None if row is None else _told(row, columns)


class LeaderboardExport(APIView):
    @extend_schema(
        operation_id="contest_leaderboard_export",
        parameters=[
            OpenApiParameter(
                "as",
                str,
                enum=[each.value for each in ExportFormat],
                description="The file's format; JSON, if not given.",
            )
        ],
        responses={
            (200, media_type.partition(";")[0]): OpenApiTypes.OBJECT
            if kind is ExportFormat.JSON
            else OpenApiTypes.BINARY
            for kind, media_type in CONTENT_TYPES.items()
        },
    )
    def get(self, request: Request, slug: str) -> StreamingHttpResponse:
        """Download the whole board, row by row, with the columns the caller may see."""
        contest = contest_of(request, slug)
        asked = request.query_params.get("as", ExportFormat.JSON.value)
        try:
            kind = ExportFormat(asked)
        except ValueError as unknown:
            known = ", ".join(each.value for each in ExportFormat)
            raise Malformed(f"as: give one of {known}.") from unknown
        export = BoardExport(contest, is_host=may_host(request.user, contest))
        return StreamingHttpResponse(
            export.parts(kind),
            content_type=kind.content_type,
            headers=as_file(f"{contest.slug}-board.{kind.value}"),
        )


class ContestColumns(APIView):
    write_scope = Scope.RUN_WRITE

    @extend_schema(operation_id="contest_columns", responses=ContestColumnsOut)
    def get(self, request: Request, slug: str) -> Response:
        """Say what the board shows and ranks by, and what it could show."""
        contest = contest_of(request, slug)
        return Response(_choice(request, contest))

    @extend_schema(
        operation_id="contest_columns_choose",
        request=ContestColumnsIn,
        responses=ContestColumnsOut,
    )
    def put(self, request: MemberApiRequest, slug: str) -> Response:
        """Choose columns and ranking, all at once; every place is worked out anew."""
        contest = contest_of(request, slug)
        body = ContestColumnsIn(data=request.data)
        body.is_valid(raise_exception=True)
        services.choose_columns(
            request.user,
            contest=contest,
            scheme=Scheme(body.validated_data["ranking"]),
            columns=[
                BoardColumn.from_json(told) for told in body.validated_data["columns"]
            ],
            at=timezone.now(),
        )
        return Response(_choice(request, contest_of(request, slug)))


def _choice(request: Request, contest: Contest) -> dict[str, Any]:
    measures = [
        {
            "source": source.value,
            "measure": name,
            "title": title_of_measure(name),
        }
        for source, names in measures_of(contest).items()
        for name in names
    ]
    columns = shown_columns(contest, is_host=may_host(request.user, contest))
    return {
        "ranking": contest.ranking,
        "columns": [each.as_json() for each in columns],
        "measures": measures,
    }
