"""Contests made from a table of a dataset, over HTTP: look, cut, open."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import generics, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from marketplace.accounts.http import MemberApiRequest, MemberOnly
from marketplace.accounts.models import Namespace, Scope
from marketplace.catalog.models import Kind
from marketplace.catalog.queries import find_repository
from marketplace.kit.idempotency import idempotent
from marketplace.kit.keyset import KeysetPagination, Order
from training.api.contests import contest_out, plan_of
from training.api.serializers import ContestFrameIn, ContestOut, GuardedIn
from training.contests import services
from training.contests.models import Contest, ContestDraft
from training.contests.services import Choice
from training.cutting import HELD_OUT_BPS, PRIVATE_BPS, Manner

DATASET = r"\A[^/\s]{1,96}/[^/\s]{1,96}\Z"


class DraftIn(serializers.Serializer[Any]):
    dataset = serializers.RegexField(
        DATASET, max_length=193, help_text="`namespace/name` of the dataset."
    )
    path = serializers.CharField(
        max_length=1000,
        help_text="A file of its newest version: .csv, .tsv, .jsonl or .parquet.",
    )


class ChoiceIn(serializers.Serializer[Any]):
    target = serializers.CharField(max_length=1000, help_text="Column to predict.")
    features = serializers.ListField(
        child=serializers.CharField(max_length=1000),
        min_length=1,
        max_length=2_000,
        help_text="Columns that entrants predict from.",
    )
    has_classes = serializers.BooleanField(
        help_text="Tell classes apart, or an amount."
    )
    id_column = serializers.CharField(
        max_length=1000,
        default="",
        allow_blank=True,
        help_text="Empty: rows are numbered.",
    )
    held_out_bps = serializers.IntegerField(
        default=HELD_OUT_BPS, help_text="Hundredths of a percent of the rows."
    )
    private_bps = serializers.IntegerField(
        default=PRIVATE_BPS,
        help_text="Of the rows held out; scored apart until the end.",
    )
    manner = serializers.ChoiceField(
        [each.value for each in Manner],
        default=Manner.STRATIFIED.value,
        help_text="STRATIFIED: at random, class by class. GROUPED: whole groups of rows, "
        "such as patients, so that none is on both sides. BY_TIME: the latest rows.",
    )
    by = serializers.CharField(
        max_length=1000,
        default="",
        allow_blank=True,
        help_text="The column of groups, or of times; else empty.",
    )


class DraftOpenIn(GuardedIn, ContestFrameIn):
    """A contest of a draft; its cut says the rest."""


class ColumnOut(serializers.Serializer[Any]):
    name = serializers.CharField()
    kind = serializers.CharField()
    distinct = serializers.IntegerField()
    missing = serializers.IntegerField()
    words = serializers.FloatField(help_text="Of a value, on average.")
    common = serializers.ListField(
        child=serializers.ListField(), help_text="Pairs of a value and how often it is."
    )


class SampleOut(serializers.Serializer[Any]):
    rows = serializers.IntegerField(help_text="Of the whole table.")
    usable = serializers.IntegerField(help_text="That have all that a row needs.")
    kept = serializers.IntegerField(help_text="Of the usable ones, that were drawn.")
    manner = serializers.CharField(
        help_text="STRATIFIED: each row alike. GROUPED: whole groups. BY_TIME: the latest."
    )
    by = serializers.CharField(help_text="The column of groups or times; else empty.")


class TableOut(serializers.Serializer[Any]):
    rows = serializers.IntegerField()
    columns = ColumnOut(many=True)
    left_out = serializers.ListField(child=serializers.CharField())
    sample = SampleOut(
        allow_null=True,
        help_text="Of a table too large to be read whole: all else is of this sample.",
    )
    likely_groups = serializers.ListField(
        child=serializers.CharField(),
        help_text="Columns that look as if they named patients, shops and the like.",
    )
    likely_times = serializers.ListField(
        child=serializers.CharField(),
        help_text="Columns that look as if they said when.",
    )


class CutOut(serializers.Serializer[Any]):
    training_rows = serializers.IntegerField()
    public_rows = serializers.IntegerField()
    private_rows = serializers.IntegerField()
    dropped_rows = serializers.IntegerField()
    known_rows = serializers.IntegerField()
    columns = serializers.ListField(child=serializers.CharField())
    leaks = serializers.ListField(child=serializers.ListField())


class DraftOut(serializers.ModelSerializer[ContestDraft]):
    dataset = serializers.SerializerMethodField()
    table = serializers.SerializerMethodField()
    cut = serializers.SerializerMethodField()
    contest: serializers.SlugRelatedField[Contest] = serializers.SlugRelatedField(
        "slug", read_only=True
    )

    class Meta:
        model = ContestDraft
        fields = [
            *("id", "dataset", "path", "state", "asked_at", "fault"),
            *("table", "cut", "contest"),
        ]
        read_only_fields = fields

    def get_dataset(self, draft: ContestDraft) -> str:
        return f"{draft.dataset.namespace.name}/{draft.dataset.name}"

    @extend_schema_field(TableOut(allow_null=True))
    def get_table(self, draft: ContestDraft) -> dict[str, Any] | None:
        if (found := draft.table_facts) is None:
            return None
        likely = {
            "likely_groups": list(found.likely_groups),
            "likely_times": list(found.likely_times),
        }
        return asdict(found) | likely

    @extend_schema_field(CutOut(allow_null=True))
    def get_cut(self, draft: ContestDraft) -> dict[str, Any] | None:
        return None if (made := draft.outcome) is None else asdict(made)


class ContestDrafts(generics.ListAPIView[ContestDraft]):
    permission_classes = [MemberOnly]
    write_scope = Scope.RUN_WRITE
    serializer_class = DraftOut
    pagination_class = KeysetPagination
    keyset = Order(("asked_at", "id"), descending=True)

    def get_queryset(self) -> QuerySet[ContestDraft]:
        return drafts_of(self.request)

    @extend_schema(operation_id="contest_draft_list")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List the caller's drafts, the newest first."""
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="contest_draft_begin", request=DraftIn, responses={201: DraftOut}
    )
    @idempotent
    def post(self, request: MemberApiRequest) -> Response:
        """Have a table of a dataset looked at; ask again until it is CHOOSING."""
        body = DraftIn(data=request.data)
        body.is_valid(raise_exception=True)
        namespace, _, name = body.validated_data["dataset"].partition("/")
        draft = services.begin_draft(
            request.user,
            dataset=find_repository(
                request.user,
                kind=Kind.DATASET,
                namespace=namespace,
                name=name,
                follow=True,
            ),
            path=body.validated_data["path"],
            asked_at=timezone.now(),
        )
        return Response(DraftOut(draft).data, status.HTTP_201_CREATED)


class DraftView(APIView):
    """One of the caller's own drafts."""

    permission_classes = [MemberOnly]
    write_scope = Scope.RUN_WRITE


class ContestDraftDetail(DraftView):
    @extend_schema(operation_id="contest_draft_read", responses=DraftOut)
    def get(self, request: MemberApiRequest, draft_id: UUID) -> Response:
        """Say what is known of the table, and what was cut from it."""
        return Response(DraftOut(own(request, draft_id)).data)

    @extend_schema(operation_id="contest_draft_discard", responses={204: None})
    def delete(self, request: MemberApiRequest, draft_id: UUID) -> Response:
        """Throw the draft away; a contest opened from it stays."""
        services.discard_draft(
            request.user, draft=own(request, draft_id), at=timezone.now()
        )
        return Response(status=status.HTTP_204_NO_CONTENT)


class ContestDraftCut(DraftView):
    @extend_schema(
        operation_id="contest_draft_cut", request=ChoiceIn, responses={202: DraftOut}
    )
    def post(self, request: MemberApiRequest, draft_id: UUID) -> Response:
        """Have the table cut; what was cut before is thrown away."""
        draft = own(request, draft_id)
        body = ChoiceIn(data=request.data)
        body.is_valid(raise_exception=True)
        cut = services.choose_cut(
            request.user,
            draft=draft,
            choice=Choice(**body.validated_data),
            asked_at=timezone.now(),
        )
        return Response(DraftOut(cut).data, status.HTTP_202_ACCEPTED)


class ContestDraftAgain(DraftView):
    @extend_schema(
        operation_id="contest_draft_again", request=None, responses={202: DraftOut}
    )
    def post(self, request: MemberApiRequest, draft_id: UUID) -> Response:
        """Do the step that failed once more."""
        draft = services.try_draft_again(
            request.user, draft=own(request, draft_id), asked_at=timezone.now()
        )
        return Response(DraftOut(draft).data, status.HTTP_202_ACCEPTED)


class ContestDraftOpen(DraftView):
    @extend_schema(
        operation_id="contest_draft_open",
        request=DraftOpenIn,
        responses={201: ContestOut},
    )
    def post(self, request: MemberApiRequest, draft_id: UUID) -> Response:
        """Open the contest that was cut."""
        draft = own(request, draft_id)
        body = DraftOpenIn(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        namespace = Namespace.objects.filter(name__iexact=given.pop("namespace"))
        contest = services.open_draft(
            request.user,
            draft=draft,
            namespace=get_object_or_404(namespace),
            plan=plan_of({**given, **draft.said()}),
            opened_at=timezone.now(),
        )
        return Response(contest_out(request, contest), status.HTTP_201_CREATED)


def drafts_of(request: Request) -> QuerySet[ContestDraft]:
    drafts = ContestDraft.objects.select_related(
        "dataset__namespace", "dataset__work", "contest"
    )
    return drafts.filter(host=request.user.pk)


def own(request: Request, draft_id: UUID) -> ContestDraft:
    """Return a draft of the caller's own, or 404."""
    return get_object_or_404(drafts_of(request), pk=draft_id)
