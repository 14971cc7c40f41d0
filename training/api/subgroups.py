"""The subgroups of the hidden rows of a contest, over HTTP."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.response import Response
from rest_framework.views import APIView

from marketplace.accounts.http import MemberApiRequest
from marketplace.accounts.models import Scope
from marketplace.kit.parsers import JSONParser
from training.api.contests import contest_of
from training.contests import services
from training.contests.models import Contest
from training.contests.permissions import require_host
from training.contests.subgroups import groupable, sizes_of
from training.leaderboards.subgroups import LEAST_ROWS


class SubgroupsIn(serializers.Serializer[Any]):
    column = serializers.CharField(
        max_length=100,
        help_text="Which column tells the subgroup: of `table`, or else of the truth or "
        "the inputs.",
    )
    title = serializers.CharField(
        max_length=100,
        required=False,
        allow_blank=True,
        help_text="What people read; the column, if left out.",
    )
    table = serializers.FileField(
        required=False,
        help_text="CSV of the ids and that column; never given out.",
    )


class SubgroupOut(serializers.Serializer[Any]):
    name = serializers.CharField(read_only=True)
    public_rows = serializers.IntegerField(read_only=True)
    private_rows = serializers.IntegerField(read_only=True)
    is_told = serializers.BooleanField(
        read_only=True,
        help_text=f"Whether it has the {LEAST_ROWS} public rows that it takes to tell.",
    )


class SubgroupsOut(serializers.Serializer[Any]):
    title = serializers.CharField(
        read_only=True, help_text="Empty where there are none."
    )
    subgroups = SubgroupOut(many=True, read_only=True)
    columns = serializers.ListField(
        child=serializers.CharField(),
        read_only=True,
        help_text="Of the contest's own tables, which may tell subgroups.",
    )


class ContestSubgroups(APIView):
    write_scope = Scope.RUN_WRITE
    parser_classes = [MultiPartParser, JSONParser]

    @extend_schema(operation_id="contest_subgroups", responses=SubgroupsOut)
    def get(self, request: MemberApiRequest, slug: str) -> Response:
        """Show a host the subgroups of the hidden rows, and how many rows each has."""
        contest = contest_of(request, slug)
        require_host(request.user, contest)
        return Response(_told(contest))

    @extend_schema(
        operation_id="contest_subgroups_name",
        request={"multipart/form-data": SubgroupsIn, "application/json": SubgroupsIn},
        responses=SubgroupsOut,
    )
    def put(self, request: MemberApiRequest, slug: str) -> Response:
        """Say which column tells the subgroup of each hidden row."""
        contest = contest_of(request, slug)
        body = SubgroupsIn(data=request.data)
        body.is_valid(raise_exception=True)
        named = services.name_subgroups(
            request.user, contest=contest, at=timezone.now(), **body.validated_data
        )
        return Response(_told(named))

    @extend_schema(operation_id="contest_subgroups_drop", responses={204: None})
    def delete(self, request: MemberApiRequest, slug: str) -> Response:
        """Tell subgroups apart no more."""
        contest = contest_of(request, slug)
        services.drop_subgroups(request.user, contest=contest, at=timezone.now())
        return Response(status=204)


def _told(contest: Contest) -> dict[str, Any]:
    return {
        "title": contest.subgroup_title,
        "subgroups": [
            {
                "name": name,
                "public_rows": public,
                "private_rows": private,
                "is_told": public >= LEAST_ROWS,
            }
            for name, (public, private) in sizes_of(contest).items()
        ],
        "columns": groupable(contest),
    }
