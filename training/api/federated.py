"""Contests whose labels stay with their owners, over HTTP: opened, seen by site."""

from typing import Any

from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from marketplace.accounts.http import MemberApiRequest, MemberOnly
from marketplace.accounts.models import Namespace, Scope
from marketplace.catalog.models import Kind
from marketplace.catalog.queries import find_repository
from marketplace.kit.idempotency import idempotent
from marketplace.kit.keyset import Order, page_of, size_from
from training.api.contests import (
    PAGE_PARAMETERS,
    contest_of,
    contest_out,
    next_page_url,
    plan_of,
    rescore_out,
)
from training.api.serializers import ContestFrameIn, ContestOut, LabelledIn, RescoreOut
from training.api.worker import told
from training.contests import services
from training.contests.manifests import MOST_ROWS, MOST_SITES, SitePlan
from training.contests.queries import board_of
from training.contests.visits import board_at_sites

DIGEST = r"\A[0-9a-f]{64}\Z"


class SiteFilesIn(serializers.Serializer[Any]):
    truth_sha256 = serializers.RegexField(
        DIGEST, help_text="Of the CSV file of labels there."
    )
    row_count = serializers.IntegerField(min_value=1, max_value=MOST_ROWS)
    private_count = serializers.IntegerField(
        min_value=0,
        max_value=MOST_ROWS,
        required=False,
        help_text="How many of them `split_column` calls private.",
    )
    inputs_sha256 = serializers.RegexField(
        DIGEST,
        required=False,
        allow_blank=True,
        help_text="Of the CSV file of features there, which models run on.",
    )
    gives_losses = serializers.BooleanField(
        default=False,
        help_text="Let the loss of each row come back beside the scores.",
    )


class SiteIn(SiteFilesIn):
    name = serializers.CharField(max_length=100)


class FederatedIn(LabelledIn, ContestFrameIn):
    """A contest of which labels and inputs stay where they are."""

    is_guarded = serializers.BooleanField(
        default=False,
        help_text="Show a score only if it beats the entrant's best, or at first a "
        "baseline that you add, by more than luck explains.",
    )
    sites: serializers.ListSerializer[Any] = serializers.ListSerializer(
        child=SiteIn(), min_length=1, max_length=MOST_SITES
    )


class SiteRestateIn(SiteFilesIn):
    site = serializers.IntegerField(min_value=1, max_value=MOST_SITES)


class SiteOut(serializers.Serializer[SitePlan]):
    name = serializers.CharField(read_only=True)
    truth_sha256 = serializers.CharField(read_only=True)
    inputs_sha256 = serializers.CharField(read_only=True)
    row_count = serializers.IntegerField(read_only=True)
    private_count = serializers.IntegerField(read_only=True)
    gives_losses = serializers.BooleanField(read_only=True)


class SiteScoreOut(serializers.Serializer[Any]):
    site = serializers.CharField(read_only=True)
    worker = serializers.CharField(read_only=True)
    row_count = serializers.IntegerField(read_only=True)
    value = serializers.FloatField(read_only=True)
    low = serializers.FloatField(read_only=True)
    high = serializers.FloatField(read_only=True)


class BoardAtSitesOut(serializers.Serializer[Any]):
    place = serializers.IntegerField(read_only=True)
    name = serializers.CharField(read_only=True)
    score = serializers.FloatField(read_only=True)
    at_sites = SiteScoreOut(many=True, read_only=True)


class ContestSitesOut(serializers.Serializer[Any]):
    by_this_platform = serializers.BooleanField(read_only=True)
    sites = SiteOut(many=True, read_only=True)
    results = BoardAtSitesOut(many=True, read_only=True)
    next = serializers.URLField(read_only=True, allow_null=True)


class FederatedContests(APIView):
    permission_classes = [MemberOnly]
    write_scope = Scope.RUN_WRITE

    @extend_schema(
        operation_id="contest_open_federated",
        request=FederatedIn,
        responses={201: ContestOut},
    )
    @idempotent
    def post(self, request: MemberApiRequest) -> Response:
        """Open a contest whose labels stay at sites of others; only their digests come."""
        given = told(FederatedIn, request)
        namespace = Namespace.objects.filter(name__iexact=given.pop("namespace"))
        dataset_namespace, _, name = given.pop("dataset").partition("/")
        sites = [SitePlan(**each) for each in given.pop("sites")]
        contest = services.open_federated(
            request.user,
            namespace=get_object_or_404(namespace),
            dataset=find_repository(
                request.user,
                kind=Kind.DATASET,
                namespace=dataset_namespace,
                name=name,
                follow=True,
            ),
            plan=plan_of(given),
            sites=sites,
            opened_at=timezone.now(),
        )
        return Response(contest_out(request, contest), status.HTTP_201_CREATED)


class ContestSites(APIView):
    write_scope = Scope.RUN_WRITE

    @extend_schema(
        operation_id="contest_sites",
        parameters=PAGE_PARAMETERS,
        responses=ContestSitesOut,
    )
    def get(self, request: Request, slug: str) -> Response:
        """Say where a contest is computed, and what each site said of its board."""
        contest = contest_of(request, slug)
        page = page_of(
            board_of(contest) if contest.is_federated else board_of(contest).none(),
            order=Order(("place", "id")),
            cursor=request.query_params.get("cursor", ""),
            size=size_from(request.query_params),
        )
        results = [
            {"place": row.place, "name": row.name, "score": row.score, "at_sites": at}
            for row, at in board_at_sites(contest, page.rows)
        ]
        answer = {
            "by_this_platform": not contest.is_federated,
            "sites": services.sites_told(contest) if contest.is_federated else [],
            "results": results,
            "next": next_page_url(request, page.next_cursor),
        }
        return Response(ContestSitesOut(answer).data)

    @extend_schema(
        operation_id="contest_site_restate",
        request=SiteRestateIn,
        responses={201: RescoreOut},
    )
    @idempotent
    def post(self, request: MemberApiRequest, slug: str) -> Response:
        """Score everyone anew because a site has corrected its files."""
        contest = contest_of(request, slug)
        given = told(SiteRestateIn, request)
        number = given.pop("site")
        held = services.restate_site(
            request.user,
            contest=contest,
            number=number,
            told=SitePlan(name="", **given),
            at=timezone.now(),
        )
        return Response(rescore_out(held), status.HTTP_201_CREATED)
