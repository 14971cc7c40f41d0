"""The phases of a contest over HTTP: parse, call one service, answer."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from marketplace.accounts.http import MemberApiRequest
from marketplace.accounts.models import Scope
from training.api.contests import contest_of
from training.contests import services
from training.contests.models import ContestPhase, Format
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

    def plan(self) -> PhasePlan:
        """Return what was sent as a plan."""
        return PhasePlan(**self.validated_data)


class ContestPhaseOut(serializers.ModelSerializer[ContestPhase]):
    is_open = serializers.SerializerMethodField()

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
