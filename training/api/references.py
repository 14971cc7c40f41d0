"""Scores to compare a board with, over HTTP."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from marketplace.accounts.http import MemberApiRequest
from marketplace.accounts.models import Scope
from training.api.contests import contest_of
from training.contests import services
from training.contests.references import (
    LONGEST_NAME,
    LONGEST_SOURCE,
    MOST,
    Reference,
    ReferenceKind,
    references_of,
)

KINDS = [each.value for each in ReferenceKind]


class ReferenceIn(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=LONGEST_NAME)
    kind = serializers.ChoiceField(KINDS)
    value = serializers.FloatField(help_text="In the unit of the board's score.")
    source = serializers.CharField(  # type: ignore[assignment]  # a field of ours
        max_length=LONGEST_SOURCE, help_text="Who measured it and how, or an address."
    )


class ReferenceOut(serializers.Serializer[Any]):
    name = serializers.CharField(read_only=True)
    kind = serializers.ChoiceField(KINDS, read_only=True)
    value = serializers.FloatField(read_only=True)
    source = serializers.CharField(read_only=True)  # type: ignore[assignment]  # a field of ours


class ContestReferencesIn(serializers.Serializer[Any]):
    references: serializers.ListSerializer[Any] = serializers.ListSerializer(
        child=ReferenceIn(), max_length=MOST
    )


class ContestReferencesOut(serializers.Serializer[Any]):
    references = ReferenceOut(many=True, read_only=True)


class ContestReferences(APIView):
    write_scope = Scope.RUN_WRITE

    @extend_schema(operation_id="contest_references", responses=ContestReferencesOut)
    def get(self, request: Request, slug: str) -> Response:
        """List the scores of people and of papers that the board is compared with."""
        found = references_of(contest_of(request, slug))
        return Response({"references": [each.as_json() for each in found]})

    @extend_schema(
        operation_id="contest_references_set",
        request=ContestReferencesIn,
        responses=ContestReferencesOut,
    )
    def put(self, request: MemberApiRequest, slug: str) -> Response:
        """Set all of them at once; none has a rank or a prize."""
        contest = contest_of(request, slug)
        body = ContestReferencesIn(data=request.data)
        body.is_valid(raise_exception=True)
        changed = services.set_references(
            request.user,
            contest=contest,
            references=[
                Reference.from_json(told) for told in body.validated_data["references"]
            ],
            at=timezone.now(),
        )
        return Response({"references": changed.reference_scores})
