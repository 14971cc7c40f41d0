"""A contest's purse and its end over HTTP: parse, call one service, answer."""

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from licensing.api.prizes import purse_told
from licensing.api.serializers.purses import PurseDetailOut, PurseIn
from licensing.api.serializers.recalls import ReasonIn
from marketplace.accounts.http import MemberApiRequest, MemberOnly
from marketplace.accounts.models import Scope
from training.api.contests import contest_of, contest_out
from training.api.serializers import ContestOut, DisqualifyIn
from training.contests import services
from training.contests.permissions import require_host
from training.contests.services.purses import NoPurse


class ContestPurse(APIView):
    permission_classes = [MemberOnly]
    write_scope = Scope.RUN_WRITE

    @extend_schema(operation_id="contest_purse_read", responses=PurseDetailOut)
    def get(self, request: MemberApiRequest, slug: str) -> Response:
        """Show the hosts how the purse stands: its money, and who has answered."""
        contest = contest_of(request, slug)
        require_host(request.user, contest)
        if contest.purse is None:
            raise NoPurse("This contest has no purse.")
        return purse_told(contest.purse)

    @extend_schema(
        operation_id="contest_purse_state", request=PurseIn, responses=PurseDetailOut
    )
    def post(self, request: MemberApiRequest, slug: str) -> Response:
        """State a purse before the contest opens, or add to its amounts while it is."""
        contest = contest_of(request, slug)
        body = PurseIn(data=request.data)
        body.is_valid(raise_exception=True)
        purse = services.state_purse(
            request.user, contest=contest, terms=body.terms(), at=timezone.now()
        )
        return purse_told(purse)


class ContestPurseRelease(APIView):
    permission_classes = [MemberOnly]
    write_scope = Scope.RUN_WRITE

    @extend_schema(
        operation_id="contest_purse_release", request=None, responses=PurseDetailOut
    )
    def post(self, request: MemberApiRequest, slug: str) -> Response:
        """Pay the winners from the frozen board; what is left goes back. Once."""
        contest = contest_of(request, slug)
        return purse_told(
            services.release_purse(request.user, contest=contest, at=timezone.now())
        )


class ContestPurseReturn(APIView):
    permission_classes = [MemberOnly]
    write_scope = Scope.RUN_WRITE

    @extend_schema(
        operation_id="contest_purse_return", request=ReasonIn, responses=PurseDetailOut
    )
    def post(self, request: MemberApiRequest, slug: str) -> Response:
        """Give the purse back, before the contest opens."""
        contest = contest_of(request, slug)
        body = ReasonIn(data=request.data)
        body.is_valid(raise_exception=True)
        purse = services.return_purse(
            request.user,
            contest=contest,
            reason=body.validated_data["reason"],
            at=timezone.now(),
        )
        return purse_told(purse)


class ContestPurseSurplus(APIView):
    permission_classes = [MemberOnly]
    write_scope = Scope.RUN_WRITE

    @extend_schema(
        operation_id="contest_purse_surplus", request=None, responses=PurseDetailOut
    )
    def post(self, request: MemberApiRequest, slug: str) -> Response:
        """Give back what came in above what the purse promises."""
        contest = contest_of(request, slug)
        return purse_told(
            services.return_surplus(request.user, contest=contest, at=timezone.now())
        )


class ContestFreeze(APIView):
    write_scope = Scope.RUN_WRITE

    @extend_schema(operation_id="contest_freeze", request=None, responses=ContestOut)
    def post(self, request: MemberApiRequest, slug: str) -> Response:
        """Make the board of a contest that has ended final, and ask the winners."""
        contest = contest_of(request, slug)
        services.freeze_board(request.user, contest=contest, at=timezone.now())
        return _contest_told(request, slug)


class ContestDisqualify(APIView):
    write_scope = Scope.RUN_WRITE

    @extend_schema(
        operation_id="contest_disqualify", request=DisqualifyIn, responses=ContestOut
    )
    def post(self, request: MemberApiRequest, slug: str) -> Response:
        """Put an entrant out, for good."""
        contest = contest_of(request, slug)
        body = DisqualifyIn(data=request.data)
        body.is_valid(raise_exception=True)
        services.disqualify(
            request.user, contest=contest, at=timezone.now(), **body.validated_data
        )
        return _contest_told(request, slug)


def _contest_told(request: Request, slug: str) -> Response:
    return Response(contest_out(request, contest_of(request, slug)))
