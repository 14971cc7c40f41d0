"""The phases of a contest over HTTP: parse, call one service, answer."""

from typing import Any

from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import generics, serializers, status
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from marketplace.accounts.http import MemberApiRequest
from marketplace.accounts.models import Scope
from marketplace.kit.keyset import KeysetPagination, Order
from training.api.contests import contest_of
from training.api.entering import hosted
from training.contests import services
from training.contests.columns import Packed
from training.contests.models import ContestPhase, Format, PhaseRow
from training.contests.permissions import may_host
from training.contests.phase_boards import board_of_phase
from training.contests.phase_columns import beside
from training.contests.queries import phases_of
from training.contests.services import PhasePlan
from training.contests.services.phasing import MOST_A_DAY


class ContestPhaseIn(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=100)
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField(
        required=False, allow_null=True, help_text="Left out, as long as the contest."
    )
    daily_limit = serializers.IntegerField(
        min_value=1, max_value=MOST_A_DAY, required=False
    )
    total_limit = serializers.IntegerField(
        min_value=1, max_value=10**6, required=False, allow_null=True
    )
    formats = serializers.ListField(
        child=serializers.ChoiceField(Format.choices),
        max_length=len(Format),
        required=False,
        help_text="Of those of the contest; left out, all of them.",
    )
    counts = serializers.BooleanField(
        required=False, help_text="Whether what is handed in to it is ranked."
    )

    carries = serializers.BooleanField(
        required=False,
        help_text="Whether each team's best of the phase before is handed in to it.",
    )
    board_hidden_until = serializers.DateTimeField(
        required=False,
        allow_null=True,
        help_text="Until when hosts alone see its own board, if it has one.",
    )

    def plan(self) -> PhasePlan:
        """Return what was sent as a plan."""
        return PhasePlan(**self.validated_data)


class ContestPhaseOut(serializers.ModelSerializer[ContestPhase]):
    is_open = serializers.SerializerMethodField()
    has_board = serializers.BooleanField(
        read_only=True, help_text="Whether it is scored apart, on a board of its own."
    )

    class Meta:
        model = ContestPhase
        fields = read_only_fields = [
            "number",
            "name",
            "starts_at",
            "ends_at",
            "daily_limit",
            "total_limit",
            "formats",
            "counts",
            "carries",
            "carried_at",
            "has_board",
            "row_count",
            "board_hidden_until",
            "is_open",
        ]

    def get_is_open(self, phase: ContestPhase) -> bool:
        return phase.is_open(self.context["now"])


class ContestPhasesOut(serializers.Serializer[Any]):
    phases = ContestPhaseOut(many=True, read_only=True)


def _told(phase: ContestPhase) -> dict[str, Any]:
    return dict(ContestPhaseOut(phase, context={"now": timezone.now()}).data)


class ContestPhases(APIView):
    write_scope = Scope.RUN_WRITE

    @extend_schema(operation_id="contest_phases", responses=ContestPhasesOut)
    def get(self, request: Request, slug: str) -> Response:
        """List the phases of a contest, 20 at most, by number."""
        phases = phases_of(contest_of(request, slug))
        context = {"now": timezone.now()}
        return Response(ContestPhasesOut({"phases": phases}, context=context).data)

    @extend_schema(
        operation_id="contest_phase_add",
        request=ContestPhaseIn,
        responses={201: ContestPhaseOut},
    )
    def post(self, request: MemberApiRequest, slug: str) -> Response:
        """Add a phase after those there are."""
        contest = contest_of(request, slug)
        body = ContestPhaseIn(data=request.data)
        body.is_valid(raise_exception=True)
        made = services.add_phase(
            request.user, contest=contest, plan=body.plan(), at=timezone.now()
        )
        return Response(_told(made), status.HTTP_201_CREATED)


class ContestPhaseDetail(APIView):
    write_scope = Scope.RUN_WRITE

    @extend_schema(
        operation_id="contest_phase_change",
        request=ContestPhaseIn,
        responses=ContestPhaseOut,
    )
    def put(self, request: MemberApiRequest, slug: str, number: int) -> Response:
        """Change a phase; once somebody has handed in to it, only its name and end."""
        contest = contest_of(request, slug)
        body = ContestPhaseIn(data=request.data)
        body.is_valid(raise_exception=True)
        changed = services.change_phase(
            request.user,
            contest=contest,
            number=number,
            plan=body.plan(),
            at=timezone.now(),
        )
        return Response(_told(changed))

    @extend_schema(operation_id="contest_phase_remove", responses={204: None})
    def delete(self, request: MemberApiRequest, slug: str, number: int) -> Response:
        """Take a phase away that nobody has handed in to."""
        services.remove_phase(
            request.user,
            contest=contest_of(request, slug),
            number=number,
            at=timezone.now(),
        )
        return Response(status=status.HTTP_204_NO_CONTENT)


class PhaseTruthIn(serializers.Serializer[Any]):
    truth = serializers.FileField(help_text="CSV of ids and labels; never given out.")
    split_column = serializers.CharField(
        max_length=100,
        required=False,
        allow_blank=True,
        help_text="Column of `truth` that says public or private, if there is one.",
    )
    inputs = serializers.FileField(
        required=False, help_text="CSV of the same ids and their features."
    )


class PhaseRowOut(serializers.ModelSerializer[PhaseRow]):
    name = serializers.CharField(source="entrant.name", read_only=True)
    columns = serializers.SerializerMethodField(
        help_text="Value and 95 % interval by the keys of the contest's columns, or of "
        "what boards show where its hosts chose none."
    )

    class Meta:
        model = PhaseRow
        fields = read_only_fields = [
            *("place", "rank", "rank_low", "rank_high", "name", "is_baseline"),
            *("score", "low", "high", "columns", "reached_at"),
        ]

    @extend_schema_field(
        serializers.DictField(
            child=serializers.ListField(
                child=serializers.FloatField(), min_length=3, max_length=3
            )
        )
    )
    def get_columns(self, row: PhaseRow) -> Packed:
        told: dict[int, Packed] = self.context["beside"]
        return told.get(row.pk, {})


class ContestPhaseTruth(APIView):
    write_scope = Scope.RUN_WRITE
    parser_classes = [MultiPartParser]

    @extend_schema(
        operation_id="contest_phase_truth_set",
        request={"multipart/form-data": PhaseTruthIn},
        responses=ContestPhaseOut,
    )
    def put(self, request: MemberApiRequest, slug: str, number: int) -> Response:
        """Score a phase against labels of its own, on a board of its own."""
        contest = hosted(request, slug)
        body = PhaseTruthIn(data=request.data)
        body.is_valid(raise_exception=True)
        changed = services.set_phase_truth(
            request.user,
            contest=contest,
            number=number,
            at=timezone.now(),
            **body.validated_data,
        )
        return Response(_told(changed))

    @extend_schema(
        operation_id="contest_phase_truth_drop", responses={200: ContestPhaseOut}
    )
    def delete(self, request: MemberApiRequest, slug: str, number: int) -> Response:
        """Score a phase as its contest is."""
        changed = services.drop_phase_truth(
            request.user,
            contest=contest_of(request, slug),
            number=number,
            at=timezone.now(),
        )
        return Response(_told(changed))


class ContestPhaseFinal(APIView):
    write_scope = Scope.RUN_WRITE

    @extend_schema(
        operation_id="contest_phase_final", request=None, responses=ContestPhaseOut
    )
    def post(self, request: MemberApiRequest, slug: str, number: int) -> Response:
        """Have the contest's board, and so the final one, be that of this phase."""
        named = services.name_final_phase(
            request.user,
            contest=contest_of(request, slug),
            number=number,
            at=timezone.now(),
        )
        return Response(_told(named))


class ContestPhaseBoard(generics.ListAPIView[PhaseRow]):
    pagination_class = KeysetPagination
    keyset = Order(("place", "id"))
    serializer_class = PhaseRowOut
    queryset = PhaseRow.objects.none()

    @extend_schema(operation_id="contest_phase_leaderboard")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:  # noqa: ARG002  DRF's shape
        """Read the own board of a phase, empty while it is hidden or has none."""
        contest = contest_of(request, kwargs["slug"])
        phase = get_object_or_404(phases_of(contest), number=kwargs["number"])
        is_host = may_host(request.user, contest)
        rows = self.paginate_queryset(board_of_phase(phase, is_host=is_host)) or []
        _, told = beside(contest, rows, is_host=is_host)
        out = PhaseRowOut(rows, many=True, context={"beside": told})
        return self.get_paginated_response(out.data)
