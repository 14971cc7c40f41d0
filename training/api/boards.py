"""What became of a board over HTTP: editions, checks, the release, receipts."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from marketplace.accounts.http import MemberApiRequest
from marketplace.accounts.models import Scope
from marketplace.kit.keyset import Order, page_of, size_from
from training.api.contests import (
    PAGE_PARAMETERS,
    contest_of,
    contest_out,
    next_page_url,
)
from training.api.leaderboards import BoardColumnOut
from training.api.serializers import ContestOut
from training.contests import services
from training.contests.columns import columns_of_edition
from training.contests.comparisons import CheckState, checks_of
from training.contests.exports import row_told
from training.contests.models import Edition, EditionKind, EditionRow
from training.contests.permissions import may_host, require_host
from training.contests.queries import edition_of, rows_of

PLACES = Order(("place", "id"))


class EditionOut(serializers.ModelSerializer[Edition]):
    kind = serializers.ChoiceField(EditionKind.choices, read_only=True)
    phase = serializers.IntegerField(
        source="phase.number",
        read_only=True,
        allow_null=True,
        default=None,
        help_text="Whose own board it was; null, if the contest's.",
    )

    class Meta:
        model = Edition
        fields = read_only_fields = [
            *("number", "kind", "phase", "scorer_version", "made_at")
        ]


class EditionRowOut(serializers.ModelSerializer[EditionRow]):
    name = serializers.CharField(source="entrant.name", read_only=True)
    is_baseline = serializers.BooleanField(source="entrant.is_baseline", read_only=True)
    is_disqualified = serializers.SerializerMethodField()
    board_rank = serializers.SerializerMethodField(
        help_text="On the board as it is, which is that of the public rows."
    )

    columns = serializers.SerializerMethodField(
        help_text="Numbers by the keys of the columns; null where there is none."
    )
    intervals = serializers.SerializerMethodField(
        help_text="95 % intervals by the keys of the columns, where they are known."
    )

    class Meta:
        model = EditionRow
        fields = read_only_fields = [
            "place",
            "rank",
            "rank_low",
            "rank_high",
            *("tie_low", "tie_high", "p_above"),
            "name",
            "is_baseline",
            "is_disqualified",
            "score",
            "low",
            "high",
            "columns",
            "intervals",
            "board_rank",
        ]

    def get_is_disqualified(self, row: EditionRow) -> bool:
        return row.entrant.disqualified_at is not None

    def get_board_rank(self, row: EditionRow) -> int | None:
        return row.board_rank

    @extend_schema_field(
        serializers.DictField(child=serializers.FloatField(allow_null=True))
    )
    def get_columns(self, row: EditionRow) -> Any:
        return self._told(row)["columns"]

    @extend_schema_field(
        serializers.DictField(
            child=serializers.ListField(
                child=serializers.FloatField(), min_length=2, max_length=2
            )
        )
    )
    def get_intervals(self, row: EditionRow) -> Any:
        return self._told(row)["intervals"]

    def _told(self, row: EditionRow) -> dict[str, Any]:
        return row_told({"columns": row.columns}, self.context["columns"])


class EditionDetailOut(EditionOut):
    columns = BoardColumnOut(many=True, read_only=True)
    results = EditionRowOut(many=True, read_only=True)
    next = serializers.URLField(read_only=True, allow_null=True)

    class Meta(EditionOut.Meta):
        fields = read_only_fields = [
            *EditionOut.Meta.fields,
            *("columns", "results", "next"),
        ]


class CheckOut(serializers.Serializer[Any]):
    name = serializers.CharField(read_only=True)
    rank = serializers.IntegerField(read_only=True, allow_null=True)
    first = serializers.FloatField(read_only=True)
    again = serializers.FloatField(read_only=True, allow_null=True)
    state = serializers.ChoiceField([each.value for each in CheckState], read_only=True)


class ContestEditions(APIView):
    @extend_schema(
        operation_id="contest_editions", responses=EditionOut(many=True), filters=False
    )
    def get(self, request: Request, slug: str) -> Response:
        """List what the board was before each re-scoring, and the final one."""
        editions = (
            contest_of(request, slug)
            .editions.select_related("phase")
            .order_by("number")
        )
        return Response(EditionOut(editions, many=True).data)


class ContestEdition(APIView):
    @extend_schema(
        operation_id="contest_edition",
        parameters=PAGE_PARAMETERS,
        responses=EditionDetailOut,
    )
    def get(self, request: Request, slug: str, number: int) -> Response:
        """Read an edition of the board; the final one says who moved how far."""
        contest = contest_of(request, slug)
        edition = edition_of(contest, number)
        is_host = may_host(request.user, contest)
        columns = columns_of_edition(edition, is_host=is_host)
        page = page_of(
            rows_of(edition),
            order=PLACES,
            cursor=request.query_params.get("cursor", ""),
            size=size_from(request.query_params),
        )
        told = {
            **EditionOut(edition).data,
            "columns": [each.as_json() for each in columns],
            "results": EditionRowOut(
                page.rows, many=True, context={"columns": columns}
            ).data,
            "next": next_page_url(request, page.next_cursor),
        }
        return Response(told)


class ContestVerify(APIView):
    write_scope = Scope.RUN_WRITE

    @extend_schema(operation_id="contest_checks", responses=CheckOut(many=True))
    def get(self, request: MemberApiRequest, slug: str) -> Response:
        """Show the hosts how the winners' second scorings compare with the first."""
        contest = contest_of(request, slug)
        require_host(request.user, contest)
        return Response(CheckOut(checks_of(contest), many=True).data)

    @extend_schema(
        operation_id="contest_verify", request=None, responses={201: ContestOut}
    )
    def post(self, request: MemberApiRequest, slug: str) -> Response:
        """Have the first of a frozen board scored once more."""
        contest = contest_of(request, slug)
        services.verify_board(request.user, contest=contest, at=timezone.now())
        return Response(contest_out(request, contest_of(request, slug)), 201)


class ContestRelease(APIView):
    write_scope = Scope.RUN_WRITE

    @extend_schema(operation_id="contest_release", request=None, responses=ContestOut)
    def post(self, request: MemberApiRequest, slug: str) -> Response:
        """Let everyone see the private scores of a frozen board."""
        contest = contest_of(request, slug)
        services.release_board(request.user, contest=contest, at=timezone.now())
        return Response(contest_out(request, contest_of(request, slug)))
