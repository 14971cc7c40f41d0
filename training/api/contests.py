"""Contests over HTTP: parse, call one service, answer."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, status
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from marketplace.accounts.http import MemberApiRequest, MemberOnly
from marketplace.accounts.models import Namespace, Scope
from marketplace.catalog.models import Kind
from marketplace.catalog.queries import find_repository
from marketplace.kit.errors import Malformed
from marketplace.kit.idempotency import idempotent
from marketplace.kit.keyset import KeysetPagination, Order
from marketplace.kit.parsers import JSONParser
from marketplace.storage.delivery import blob_response
from marketplace.storage.models import Blob
from training.api.serializers import (
    ContestChangeIn,
    ContestExtendIn,
    ContestIn,
    ContestJoinIn,
    ContestOut,
    ContestRescoreIn,
    ContestSummaryOut,
    EntryOut,
    RescoreOut,
)
from training.contests import services
from training.contests.comparisons import (
    pending_changes,
    pending_left,
    pending_phase_changes,
)
from training.contests.entries import invitation_by
from training.contests.finding import with_words
from training.contests.models import Contest, Phase, Task
from training.contests.permissions import require_host, visible_to
from training.contests.queries import phase_asked_for, place_in, quota_now
from training.contests.services import ContestPlan
from training.contests.several import AskedTask, WrongTasks
from training.contests.tables import Columns

RELATED = ("namespace", "host", "dataset__namespace", "purse__funder")
COLUMNS = {"id_column": "id", "target_column": "target", "split_column": "split"}
PAGE_PARAMETERS = [
    OpenApiParameter("cursor", str, description="Where the page starts; from `next`."),
    OpenApiParameter(
        "limit",
        {"type": "integer", "minimum": 1, "maximum": 100, "default": 20},
        description="Rows a page.",
    ),
]


def contest_of(request: Request, slug: str) -> Contest:
    """Return a contest the caller may see, or 404."""
    contests = visible_to(request.user).select_related(*RELATED)
    return get_object_or_404(contests, slug=slug)


def invited_or_seen(request: Request, slug: str, *, secret: str) -> Contest:
    """Return a contest the caller may see or has a link into, or 404."""
    contests = Contest.objects.select_related(*RELATED)
    contest = contests.filter(slug=slug).first() if secret else None
    if contest and invitation_by(secret, contest=contest, at=timezone.now()):
        return contest
    return contest_of(request, slug)


def contest_out(request: Request, contest: Contest) -> dict[str, Any]:
    now = timezone.now()
    place = place_in(request.user, contest)
    quota = quota_now(place.entrant, contest, at=now) if place else None
    context = {"now": now, "place": place, "quota": quota}
    return dict(ContestOut(contest, context=context).data)


class ContestList(generics.ListAPIView[Contest]):
    pagination_class = KeysetPagination
    keyset = Order(("created_at", "id"), descending=True)
    parser_classes = [MultiPartParser]
    serializer_class = ContestSummaryOut
    write_scope = Scope.RUN_WRITE

    def get_queryset(self) -> QuerySet[Contest]:
        contests = visible_to(self.request.user).select_related(*RELATED)
        phase = self._choice("phase", Phase.values)
        if phase:
            contests = contests.in_phase(Phase(phase), at=timezone.now())
        contests = with_words(contests, self.request.GET.get("q", ""))
        task = self._choice("task", Task.values)
        return contests.filter(task=task) if task else contests

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "now": timezone.now()}

    def _choice(self, name: str, values: list[str]) -> str:
        given = self.request.GET.get(name, "")
        if given and given not in values:
            raise Malformed(f"{name}: give one of {', '.join(values)}.")
        return given

    @extend_schema(
        operation_id="contest_list",
        parameters=[
            OpenApiParameter("phase", str, enum=Phase.values),
            OpenApiParameter("task", str, enum=Task.values),
            OpenApiParameter("q", str, description="Words of title and summary."),
        ],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List contests, the newest first."""
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="contest_open",
        request={"multipart/form-data": ContestIn},
        responses={201: ContestOut},
    )
    @idempotent
    def post(self, request: MemberApiRequest) -> Response:
        """Open a contest on a dataset, with labels held back."""
        body = ContestIn(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        namespace = Namespace.objects.filter(name__iexact=given.pop("namespace"))
        dataset_namespace, _, name = given.pop("dataset").partition("/")
        truth, inputs = given.pop("truth"), given.pop("inputs", None)
        contest = services.open_contest(
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
            truth=truth,
            inputs=inputs,
            opened_at=timezone.now(),
        )
        return Response(contest_out(request, contest), status.HTTP_201_CREATED)


def plan_of(given: dict[str, Any]) -> ContestPlan:
    """Make a plan of validated fields, those of columns by their own names."""
    columns = {COLUMNS[name]: given[name] for name in given.keys() & COLUMNS.keys()}
    words = {name: given[name] for name in given.keys() - COLUMNS.keys()}
    words.setdefault("ends_at", None)
    words.setdefault("metric", "")
    if "tasks" in words:
        words["tasks"] = _tasks(words["tasks"])
    return ContestPlan(**words, columns=Columns(**columns))


def _tasks(told: object) -> list[AskedTask]:
    if not isinstance(told, list):
        raise Malformed("tasks: give a list.")
    try:
        return [AskedTask.from_json(each) for each in told]
    except WrongTasks as wrong:
        raise Malformed(f"tasks: {wrong}") from wrong


class ContestDetail(APIView):
    write_scope = Scope.RUN_WRITE

    @extend_schema(operation_id="contest_read", responses=ContestOut)
    def get(self, request: Request, slug: str) -> Response:
        """Say all of a contest, and where the caller stands in it."""
        return Response(contest_out(request, contest_of(request, slug)))

    @extend_schema(
        operation_id="contest_change", request=ContestChangeIn, responses=ContestOut
    )
    def patch(self, request: MemberApiRequest, slug: str) -> Response:
        """Change a contest's words, daily limit or visibility."""
        contest = contest_of(request, slug)
        body = ContestChangeIn(data=request.data)
        body.is_valid(raise_exception=True)
        services.update_contest(
            request.user,
            contest=contest,
            changes=body.validated_data,
            at=timezone.now(),
        )
        return Response(contest_out(request, contest))


class ContestClose(APIView):
    write_scope = Scope.RUN_WRITE

    @extend_schema(operation_id="contest_close", request=None, responses=ContestOut)
    def post(self, request: MemberApiRequest, slug: str) -> Response:
        """End an open contest now."""
        contest = contest_of(request, slug)
        services.close_contest(request.user, contest=contest, at=timezone.now())
        return Response(contest_out(request, contest_of(request, slug)))


class ContestExtend(APIView):
    write_scope = Scope.RUN_WRITE

    @extend_schema(
        operation_id="contest_extend", request=ContestExtendIn, responses=ContestOut
    )
    def post(self, request: MemberApiRequest, slug: str) -> Response:
        """Move the end of a contest to a later time."""
        contest = contest_of(request, slug)
        body = ContestExtendIn(data=request.data)
        body.is_valid(raise_exception=True)
        services.extend_contest(
            request.user, contest=contest, at=timezone.now(), **body.validated_data
        )
        return Response(contest_out(request, contest_of(request, slug)))


class ContestJoin(APIView):
    write_scope = Scope.RUN_WRITE

    @extend_schema(
        operation_id="contest_join", request=ContestJoinIn, responses={201: EntryOut}
    )
    @idempotent
    def post(self, request: MemberApiRequest, slug: str) -> Response:
        """Enter a contest by accepting its rules; again, when they have changed."""
        body = ContestJoinIn(data=request.data)
        body.is_valid(raise_exception=True)
        secret = body.validated_data.get("invitation", "")
        contest = invited_or_seen(request, slug, secret=secret)
        services.join_contest(
            request.user,
            contest=contest,
            joined_at=timezone.now(),
            **body.validated_data,
        )
        return Response(contest_out(request, contest)["entry"], status.HTTP_201_CREATED)


CSV, ZIP = "text/csv; charset=utf-8", "application/zip"
GIVEN = {(200, "text/csv"): OpenApiTypes.BINARY, 302: None}


class ContestInputs(APIView):
    permission_classes = [MemberOnly]

    @extend_schema(
        operation_id="contest_inputs",
        parameters=[
            OpenApiParameter(
                "phase", int, description="Of a phase with rows of its own: its number."
            )
        ],
        responses=GIVEN,
    )
    def get(self, request: MemberApiRequest, slug: str) -> HttpResponseBase:
        """Download the features of the test rows."""
        contest = contest_of(request, slug)
        phase = phase_asked_for(contest, request.GET.get("phase", ""))
        blob = services.inputs_for(
            request.user, contest=contest, phase=phase, at=timezone.now()
        )
        if contest.task == Task.SEVERAL:
            return _table(request, blob, f"{contest.slug}-inputs.zip", kind=ZIP)
        return _table(request, blob, f"{contest.slug}-inputs.csv")


class ContestTraining(APIView):
    permission_classes = [MemberOnly]

    @extend_schema(operation_id="contest_training", responses=GIVEN)
    def get(self, request: MemberApiRequest, slug: str) -> HttpResponseBase:
        """Download the rows to learn from, where the contest was cut from a table."""
        contest = contest_of(request, slug)
        blob = services.training_for(request.user, contest=contest)
        return _table(request, blob, f"{contest.slug}-training.csv")


def _table(
    request: Request, blob: Blob, filename: str, *, kind: str = CSV
) -> HttpResponseBase:
    return blob_response(
        request,
        blob=blob,
        filename=filename,
        content_type=kind,
        now=timezone.now(),
    )


def next_page_url(request: Request, cursor: str | None) -> str | None:
    """Return the address of the page that begins at `cursor`, if there is one."""
    if cursor is None:
        return None
    query = request.GET.copy()
    query["cursor"] = cursor
    return request.build_absolute_uri(f"{request.path}?{query.urlencode()}")


def rescore_out(contest: Contest) -> dict[str, Any]:
    """Say what a pending re-scoring would change."""
    told = {
        "pending_version": contest.pending_version,
        "left": pending_left(contest),
        "changes": pending_changes(contest),
        "phases": pending_phase_changes(contest),
    }
    return dict(RescoreOut(told).data)


class ContestRescore(APIView):
    parser_classes = [MultiPartParser, JSONParser]
    write_scope = Scope.RUN_WRITE

    @extend_schema(operation_id="contest_rescore_read", responses=RescoreOut)
    def get(self, request: MemberApiRequest, slug: str) -> Response:
        """Show the host what publishing the pending scores would change."""
        return Response(self._answer(request, slug))

    @extend_schema(
        operation_id="contest_rescore",
        request={"multipart/form-data": ContestRescoreIn},
        responses={201: RescoreOut},
    )
    @idempotent
    def post(self, request: MemberApiRequest, slug: str) -> Response:
        """Score every submission anew beside the board, with corrected labels or not."""
        contest = contest_of(request, slug)
        body = ContestRescoreIn(data=request.data)
        body.is_valid(raise_exception=True)
        services.rescore(
            request.user,
            contest=contest,
            truth=body.validated_data.get("truth"),
            phase=body.validated_data.get("phase"),
            at=timezone.now(),
        )
        return Response(self._answer(request, slug), status.HTTP_201_CREATED)

    @extend_schema(operation_id="contest_rescore_drop", responses={204: None})
    def delete(self, request: MemberApiRequest, slug: str) -> Response:
        """Give the pending re-scoring up; the board stays."""
        contest = contest_of(request, slug)
        services.drop_rescore(request.user, contest=contest, at=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _answer(self, request: MemberApiRequest, slug: str) -> dict[str, Any]:
        contest = contest_of(request, slug)
        require_host(request.user, contest)
        return rescore_out(contest)


class ContestRescorePublish(APIView):
    write_scope = Scope.RUN_WRITE

    @extend_schema(
        operation_id="contest_rescore_publish", request=None, responses=ContestOut
    )
    def post(self, request: MemberApiRequest, slug: str) -> Response:
        """Show the pending scores on the board, all at once."""
        contest = contest_of(request, slug)
        services.publish_rescore(request.user, contest=contest, at=timezone.now())
        return Response(contest_out(request, contest_of(request, slug)))
