"""Training without code, over HTTP: look, train, keep, open the test, take home."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import generics, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from marketplace.accounts.http import MemberApiRequest, MemberOnly
from marketplace.accounts.models import Scope
from marketplace.accounts.queries import find_namespace
from marketplace.catalog.models import Kind, Visibility
from marketplace.catalog.queries import find_repository
from marketplace.kit.idempotency import idempotent
from marketplace.kit.keyset import KeysetPagination, Order
from marketplace.storage.delivery import signed_url
from training.api.bundles import BundleOut
from training.api.drafts import DraftIn, TableOut
from training.cutting import Manner
from training.learning import BASELINE, FIXED
from training.runs.models import RunStatus
from training.studio import services
from training.studio.models import BUDGETS, Project, Step
from training.studio.permissions import visible_to
from training.studio.queries import Row, candidates_of
from training.studio.services import Choice
from training.studio.services.publishing import Publication, publish_model

WAYS = [name for name in FIXED if name != BASELINE]


class TrainIn(serializers.Serializer[Any]):
    target = serializers.CharField(max_length=1000, help_text="Column to predict.")
    has_classes = serializers.BooleanField(
        help_text="Tell classes apart, or an amount."
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
    left_out = serializers.ListField(
        child=serializers.CharField(max_length=1000),
        default=list,
        max_length=10_000,
        help_text="Columns not to be learnt from.",
    )
    budget_seconds = serializers.ChoiceField(
        list(BUDGETS), default=BUDGETS[0], help_text="It ends then."
    )
    learners = serializers.ListField(
        child=serializers.ChoiceField(WAYS),
        default=list,
        max_length=100,
        help_text="Ways to learn to try, beside the baseline; empty: all.",
    )
    starts_at = serializers.DateTimeField(
        default=None, allow_null=True, help_text="To begin later; null: now."
    )


class MoreTimeIn(serializers.Serializer[Any]):
    more_seconds = serializers.ChoiceField(
        [0, *BUDGETS], default=0, help_text="Beside what is left of the budget."
    )


class KeepIn(serializers.Serializer[Any]):
    key = serializers.CharField(
        max_length=200, help_text="Of a candidate, or `ensemble`."
    )


class PublishIn(serializers.Serializer[Any]):
    namespace = serializers.CharField(max_length=100)
    name = serializers.CharField(max_length=96)
    title = serializers.CharField(max_length=200)
    licence_id = serializers.CharField(max_length=100, default="", allow_blank=True)
    visibility = serializers.ChoiceField(
        Visibility.choices, default=Visibility.PRIVATE.value
    )


class StudioScoreOut(serializers.Serializer[Any]):
    name = serializers.CharField()
    value = serializers.FloatField()
    low = serializers.FloatField(help_text="Of its 95 % interval.")
    high = serializers.FloatField()


class LearningPlanOut(serializers.Serializer[Any]):
    target = serializers.CharField()
    has_classes = serializers.BooleanField()
    seed = serializers.IntegerField()
    manner = serializers.CharField()
    by = serializers.CharField()
    left_out = serializers.ListField(child=serializers.CharField())
    learners = serializers.ListField(child=serializers.CharField())


class CurvePointOut(serializers.Serializer[Any]):
    rows = serializers.IntegerField()
    value = serializers.FloatField()
    low = serializers.FloatField()
    high = serializers.FloatField()


class CurveOut(serializers.Serializer[Any]):
    metric = serializers.CharField()
    points = CurvePointOut(many=True)
    gain = serializers.FloatField(
        help_text="How much lower the score became with each doubling of the rows."
    )
    gain_low = serializers.FloatField()
    gain_high = serializers.FloatField()
    helps = serializers.BooleanField(
        allow_null=True, help_text="Whether more rows would; null: it cannot be told."
    )


class CandidateOut(serializers.Serializer[Any]):
    key = serializers.CharField()
    title = serializers.CharField()
    settings = serializers.CharField()
    scores = StudioScoreOut(many=True, help_text="The first ranks; empty if given up.")
    seconds = serializers.FloatField(allow_null=True)
    ms_per_row = serializers.FloatField(allow_null=True)
    size_bytes = serializers.IntegerField(allow_null=True)
    fault = serializers.CharField(help_text="Why it was given up, or empty.")
    is_recommended = serializers.BooleanField()
    is_kept = serializers.BooleanField()


class ProjectOut(serializers.ModelSerializer[Project]):
    dataset = serializers.SerializerMethodField()
    step = serializers.ChoiceField(Step.choices, read_only=True)
    status = serializers.ChoiceField(
        RunStatus.choices, source="run.status", read_only=True
    )
    failure_code = serializers.CharField(source="run.failure_code", read_only=True)
    failure_message = serializers.CharField(
        source="run.failure_message", read_only=True
    )
    plan = serializers.SerializerMethodField()
    curve = serializers.SerializerMethodField()
    test_scores = serializers.SerializerMethodField()
    published = serializers.SerializerMethodField()

    class Meta:
        model = Project
        fields = read_only_fields = [
            *("id", "dataset", "path", "step", "status", "failure_code"),
            *("failure_message", "asked_at", "starts_at", "plan", "budget_seconds"),
            *("spent_seconds", "recommended", "beats_baseline", "curve", "kept"),
            *("kept_at", "test_opened_at", "test_scores", "published"),
        ]

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_dataset(self, project: Project) -> str | None:
        found = project.dataset
        return f"{found.namespace.name}/{found.name}" if found else None

    @extend_schema_field(LearningPlanOut(allow_null=True))
    def get_plan(self, project: Project) -> dict[str, Any] | None:
        plan = project.learning_plan
        return None if plan is None else plan.as_json()

    @extend_schema_field(CurveOut(allow_null=True))
    def get_curve(self, project: Project) -> dict[str, Any] | None:
        curve = project.learning_curve
        return None if curve is None else asdict(curve) | {"helps": curve.helps}

    @extend_schema_field(StudioScoreOut(many=True))
    def get_test_scores(self, project: Project) -> list[dict[str, Any]]:
        return _scores(project.test_scores)

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_published(self, project: Project) -> str | None:
        made = project.published
        return f"{made.namespace.name}/{made.name}" if made else None


class ProjectDetailOut(ProjectOut):
    table = serializers.SerializerMethodField()
    candidates = serializers.SerializerMethodField()

    class Meta(ProjectOut.Meta):
        fields = read_only_fields = [*ProjectOut.Meta.fields, "table", "candidates"]

    @extend_schema_field(TableOut(allow_null=True))
    def get_table(self, project: Project) -> dict[str, Any] | None:
        if (found := project.table_facts) is None:
            return None
        return asdict(found) | {
            "likely_groups": list(found.likely_groups),
            "likely_times": list(found.likely_times),
        }

    @extend_schema_field(CandidateOut(many=True))
    def get_candidates(self, project: Project) -> list[dict[str, Any]]:
        told = {trial.key: trial.scores for trial in project.trials.all()}
        return [
            _candidate(row, told.get(row.key, project.ensemble_scores))
            for row in candidates_of(project)
        ]


def _candidate(row: Row, scores: list[dict[str, Any]] | None) -> dict[str, Any]:
    return {
        "key": row.key,
        "title": row.facts.title,
        "settings": row.settings,
        "scores": _scores(scores),
        "seconds": row.seconds,
        "ms_per_row": row.ms_per_row,
        "size_bytes": row.size_bytes,
        "fault": row.fault,
        "is_recommended": row.is_recommended,
        "is_kept": row.is_kept,
    }


def _scores(told: list[dict[str, Any]] | None) -> list[dict[str, Any]]:
    return [
        {name: one[name] for name in ("name", "value", "low", "high")}
        for one in told or ()
    ]


class StudioProjects(generics.ListAPIView[Project]):
    permission_classes = [MemberOnly]
    write_scope = Scope.RUN_WRITE
    serializer_class = ProjectOut
    pagination_class = KeysetPagination
    keyset = Order(("asked_at", "id"), descending=True)

    def get_queryset(self) -> QuerySet[Project]:
        return projects_of(self.request)

    @extend_schema(operation_id="studio_project_list")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List the caller's projects, the newest first."""
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="studio_project_begin",
        request=DraftIn,
        responses={201: ProjectOut},
    )
    @idempotent
    def post(self, request: MemberApiRequest) -> Response:
        """Have a table of a dataset looked at; then its columns are told, and train."""
        body = DraftIn(data=request.data)
        body.is_valid(raise_exception=True)
        namespace, _, name = body.validated_data["dataset"].partition("/")
        project = services.begin_project(
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
        return Response(ProjectOut(project).data, status.HTTP_201_CREATED)


class ProjectView(APIView):
    """One of the caller's own projects."""

    permission_classes = [MemberOnly]
    write_scope = Scope.RUN_WRITE


class StudioProject(ProjectView):
    @extend_schema(operation_id="studio_project_read", responses=ProjectDetailOut)
    def get(self, request: MemberApiRequest, project_id: UUID) -> Response:
        """Say what is known of the table, what was tried, and what is kept."""
        return Response(ProjectDetailOut(own(request, project_id)).data)

    @extend_schema(operation_id="studio_project_discard", responses={204: None})
    def delete(self, request: MemberApiRequest, project_id: UUID) -> Response:
        """Throw the project away; a model published from it stays."""
        services.discard_project(
            request.user, project=own(request, project_id), at=timezone.now()
        )
        return Response(status=status.HTTP_204_NO_CONTENT)


class StudioProjectTrain(ProjectView):
    @extend_schema(
        operation_id="studio_project_train",
        request=TrainIn,
        responses={202: ProjectOut},
    )
    def post(self, request: MemberApiRequest, project_id: UUID) -> Response:
        """Train now or later; what was tried before is thrown away."""
        project = own(request, project_id)
        body = TrainIn(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        services.train(
            request.user,
            project=project,
            choice=Choice(**{**given, "manner": Manner(given["manner"])}),
            asked_at=timezone.now(),
        )
        return accepted(request, project_id)


class StudioProjectStop(ProjectView):
    @extend_schema(
        operation_id="studio_project_stop", request=None, responses={202: ProjectOut}
    )
    def post(self, request: MemberApiRequest, project_id: UUID) -> Response:
        """Stop the worker, or let be what was to start later; what was tried is kept."""
        services.pause(
            request.user, project=own(request, project_id), at=timezone.now()
        )
        return accepted(request, project_id)


class StudioProjectGoOn(ProjectView):
    @extend_schema(
        operation_id="studio_project_go_on",
        request=MoreTimeIn,
        responses={202: ProjectOut},
    )
    def post(self, request: MemberApiRequest, project_id: UUID) -> Response:
        """Train on with what is left of the budget, and more of it if wished."""
        project = own(request, project_id)
        body = MoreTimeIn(data=request.data)
        body.is_valid(raise_exception=True)
        services.go_on(
            request.user,
            project=project,
            asked_at=timezone.now(),
            **body.validated_data,
        )
        return accepted(request, project_id)


class StudioProjectAgain(ProjectView):
    @extend_schema(
        operation_id="studio_project_again", request=None, responses={202: ProjectOut}
    )
    def post(self, request: MemberApiRequest, project_id: UUID) -> Response:
        """Do the step that failed, was stopped, or is to start later, now."""
        services.do_again(
            request.user, project=own(request, project_id), asked_at=timezone.now()
        )
        return accepted(request, project_id)


class StudioProjectKeep(ProjectView):
    @extend_schema(
        operation_id="studio_project_keep", request=KeepIn, responses={202: ProjectOut}
    )
    def post(self, request: MemberApiRequest, project_id: UUID) -> Response:
        """Have a candidate fitted to all rows but those of the test."""
        project = own(request, project_id)
        body = KeepIn(data=request.data)
        body.is_valid(raise_exception=True)
        services.keep_model(
            request.user,
            project=project,
            asked_at=timezone.now(),
            **body.validated_data,
        )
        return accepted(request, project_id)


class StudioProjectTest(ProjectView):
    @extend_schema(
        operation_id="studio_project_open_test",
        request=None,
        responses={202: ProjectOut},
    )
    def post(self, request: MemberApiRequest, project_id: UUID) -> Response:
        """Judge the kept model on rows that nothing has seen; that is done once."""
        services.open_test(
            request.user, project=own(request, project_id), asked_at=timezone.now()
        )
        return accepted(request, project_id)


class StudioProjectPublish(ProjectView):
    @extend_schema(
        operation_id="studio_project_publish",
        request=PublishIn,
        responses={201: ProjectOut},
    )
    @idempotent
    def post(self, request: MemberApiRequest, project_id: UUID) -> Response:
        """Make a model repository of the kept model, with where it comes from."""
        project = own(request, project_id)
        body = PublishIn(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        publication = Publication(
            **{
                **given,
                "namespace": find_namespace(given["namespace"]),
                "visibility": Visibility(given["visibility"]),
            }
        )
        publish_model(
            request.user, project=project, publication=publication, at=timezone.now()
        )
        made = ProjectOut(own(request, project_id)).data
        return Response(made, status.HTTP_201_CREATED)


class StudioProjectBundle(ProjectView):
    @extend_schema(operation_id="studio_project_bundle", responses=BundleOut)
    def get(self, request: MemberApiRequest, project_id: UUID) -> Response:
        """Say where the kept model lies for a short while, with all that it needs."""
        project = own(request, project_id)
        if project.bundle is None:
            raise Http404
        address = signed_url(
            project.bundle,
            filename="model.zip",
            content_type="application/zip",
            now=timezone.now(),
        )
        told = {
            "url": request.build_absolute_uri(address),
            "sha256": project.bundle.sha256,
            "size_bytes": project.bundle.size_bytes,
        }
        return Response(BundleOut(told).data)


def projects_of(request: Request) -> QuerySet[Project]:
    return visible_to(request.user).select_related(
        "dataset__namespace", "run", "published__namespace", "bundle"
    )


def own(request: Request, project_id: UUID) -> Project:
    """Return a project of the caller's own, or 404."""
    return get_object_or_404(projects_of(request), pk=project_id)


def accepted(request: Request, project_id: UUID) -> Response:
    """Answer with a project as it is now, while a worker has yet to do its part."""
    return Response(ProjectOut(own(request, project_id)).data, status.HTTP_202_ACCEPTED)
