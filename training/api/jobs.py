"""One's own notebooks and scripts over HTTP: make, change, run, publish."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import generics, status
from rest_framework.parsers import MultiPartParser
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
from marketplace.kit.parsers import JSONParser
from marketplace.storage.delivery import blob_response
from marketplace.storage.models import Blob
from training.api.job_serializers import (
    JobChangeIn,
    JobIn,
    JobPublishedOut,
    JobPublishIn,
    JobRunIn,
    JobRunOut,
    JobScheduleIn,
    OwnJobOut,
)
from training.notebooks import services
from training.notebooks.models import Execution, Job, Schedule
from training.notebooks.offered import bounds_here
from training.notebooks.plans import InputPlan, JobPlan, Timetable
from training.notebooks.queries import executions_visible_to, jobs_of
from training.notebooks.services import Publication

PARTS = {"notebook.ipynb": "notebook", "log.txt": "log", "files.zip": "archive"}


class JobView(APIView):
    """One of the caller's own jobs."""

    permission_classes = [MemberOnly]
    write_scope = Scope.RUN_WRITE


class JobList(generics.ListAPIView[Job]):
    pagination_class = KeysetPagination
    keyset = Order(("made_at", "id"), descending=True)
    parser_classes = [JSONParser, MultiPartParser]
    permission_classes = [MemberOnly]
    serializer_class = OwnJobOut
    write_scope = Scope.RUN_WRITE

    def get_queryset(self) -> QuerySet[Job]:
        return jobs_of(self.request.user).prefetch_related("inputs")

    @extend_schema(operation_id="job_list")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List one's own jobs, the newest first."""
        return super().get(request, *args, **kwargs)

    @extend_schema(operation_id="job_create", request=JobIn, responses={201: OwnJobOut})
    @idempotent
    def post(self, request: MemberApiRequest) -> Response:
        """Make a job of a notebook or a script; nothing runs yet."""
        body = JobIn(data=request.data)
        body.is_valid(raise_exception=True)
        job = services.create_job(
            request.user,
            plan=_plan(request, body.validated_data, {}),
            bounds=bounds_here(),
            at=timezone.now(),
        )
        return Response(OwnJobOut(job).data, status.HTTP_201_CREATED)


class JobDetail(JobView):
    parser_classes = [JSONParser, MultiPartParser]

    @extend_schema(operation_id="job_read", responses=OwnJobOut)
    def get(self, request: MemberApiRequest, job_id: UUID) -> Response:
        """Say what a job is, and when it runs."""
        return Response(OwnJobOut(own_job(request, job_id)).data)

    @extend_schema(operation_id="job_edit", request=JobChangeIn, responses=OwnJobOut)
    def patch(self, request: MemberApiRequest, job_id: UUID) -> Response:
        """Change parts of a job; runs that were begun keep what they began with."""
        job = own_job(request, job_id)
        body = JobChangeIn(data=request.data)
        body.is_valid(raise_exception=True)
        edited = services.edit_job(
            request.user,
            job=job,
            plan=_plan(request, body.validated_data, _as_is(job)),
            bounds=bounds_here(),
            at=timezone.now(),
        )
        return Response(OwnJobOut(edited).data)

    @extend_schema(operation_id="job_delete", responses={204: None})
    def delete(self, request: MemberApiRequest, job_id: UUID) -> Response:
        """Throw a job away with all its runs; what was published stays."""
        job = own_job(request, job_id)
        services.delete_job(request.user, job=job, at=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


class JobSchedule(JobView):
    @extend_schema(
        operation_id="job_schedule", request=JobScheduleIn, responses=OwnJobOut
    )
    def put(self, request: MemberApiRequest, job_id: UUID) -> Response:
        """Pause a job's schedule, or resume it."""
        job = own_job(request, job_id)
        body = JobScheduleIn(data=request.data)
        body.is_valid(raise_exception=True)
        is_paused = body.validated_data["is_paused"]
        act = services.pause_schedule if is_paused else services.resume_schedule
        return Response(OwnJobOut(act(request.user, job=job, at=timezone.now())).data)


class JobRuns(generics.ListAPIView[Execution]):
    pagination_class = KeysetPagination
    keyset = Order(("number", "id"), descending=True)
    permission_classes = [MemberOnly]
    serializer_class = JobRunOut
    write_scope = Scope.RUN_WRITE

    def get_queryset(self) -> QuerySet[Execution]:
        job = own_job(self.request, self.kwargs["job_id"])
        own = executions_visible_to(self.request.user).filter(job=job)
        return own.prefetch_related("inputs", "files__blob")

    @extend_schema(operation_id="job_run_list")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List the runs of a job, the newest first."""
        return super().get(request, *args, **kwargs)

    @extend_schema(operation_id="job_run", request=JobRunIn, responses={201: JobRunOut})
    @idempotent
    def post(self, request: MemberApiRequest, job_id: UUID) -> Response:
        """Run a job now; ask again for how it stands."""
        job = own_job(request, job_id)
        body = JobRunIn(data=request.data)
        body.is_valid(raise_exception=True)
        execution = services.start_job(
            request.user,
            job=job,
            bounds=bounds_here(),
            parameters=body.validated_data["parameters"],
            asked_at=timezone.now(),
        )
        return Response(JobRunOut(execution).data, status.HTTP_201_CREATED)


class JobRunDetail(JobView):
    @extend_schema(operation_id="job_run_read", responses=JobRunOut)
    def get(self, request: MemberApiRequest, job_id: UUID, number: int) -> Response:
        """Say how a run stands, with the last lines that it printed, and what it left."""
        return Response(JobRunOut(own_run(request, job_id, number)).data)


class JobRunCancel(JobView):
    @extend_schema(operation_id="job_run_cancel", request=None, responses=JobRunOut)
    def post(self, request: MemberApiRequest, job_id: UUID, number: int) -> Response:
        """Stop a run: at once if it waits, soon if a worker has it."""
        services.cancel_execution(
            request.user,
            execution=own_run(request, job_id, number),
            at=timezone.now(),
        )
        return Response(JobRunOut(own_run(request, job_id, number)).data)


class JobRunPublish(JobView):
    @extend_schema(
        operation_id="job_run_publish",
        request=JobPublishIn,
        responses={201: JobPublishedOut},
    )
    def post(self, request: MemberApiRequest, job_id: UUID, number: int) -> Response:
        """Make a dataset or model repository of the files, with where they come from."""
        execution = own_run(request, job_id, number)
        body = JobPublishIn(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        made = services.publish_output(
            request.user,
            execution=execution,
            publication=Publication(
                namespace=find_namespace(given["namespace"]),
                name=given["name"],
                title=given["title"],
                kind=Kind(given["kind"]),
                licence_id=given["licence_id"],
                visibility=Visibility(given["visibility"]),
                has_notebook=given["has_notebook"],
            ),
            at=timezone.now(),
        )
        told = {"kind": made.kind, "address": str(made)}
        return Response(JobPublishedOut(told).data, status.HTTP_201_CREATED)


class JobRunFile(JobView):
    @extend_schema(
        operation_id="job_run_file",
        responses={302: None, 200: OpenApiTypes.BINARY},
    )
    def get(
        self, request: MemberApiRequest, job_id: UUID, number: int, path: str
    ) -> HttpResponseBase:
        """Give one file that a run left."""
        execution = own_run(request, job_id, number)
        file = get_object_or_404(execution.files.select_related("blob"), path=path)
        return _sent(request, file.blob, path.rpartition("/")[2])


class JobRunPart(JobView):
    @extend_schema(
        operation_id="job_run_part",
        responses={302: None, 200: OpenApiTypes.BINARY},
    )
    def get(
        self, request: MemberApiRequest, job_id: UUID, number: int, part: str
    ) -> HttpResponseBase:
        """Give `notebook.ipynb`, `log.txt` or `files.zip` of a run."""
        execution = own_run(request, job_id, number)
        blob: Blob | None = getattr(execution, PARTS.get(part, ""), None)
        if blob is None:
            raise Http404("The run left none.")
        return _sent(request, blob, part)


def own_job(request: Request, job_id: UUID) -> Job:
    """Return a job of the caller's own, or 404."""
    return get_object_or_404(jobs_of(request.user), pk=job_id)


def own_run(request: Request, job_id: UUID, number: int) -> Execution:
    """Return a run of a job of the caller's own, or 404."""
    own = executions_visible_to(request.user)
    return get_object_or_404(own, job=job_id, number=number)


def _sent(request: MemberApiRequest, blob: Blob, name: str) -> HttpResponseBase:
    return blob_response(
        request,
        blob=blob,
        filename=name,
        content_type="application/octet-stream",
        now=timezone.now(),
    )


def _plan(
    request: MemberApiRequest, given: dict[str, Any], was: dict[str, Any]
) -> JobPlan:
    """Return a plan of what was given, and of what was before where nothing was."""
    said = was | given
    file = said.pop("file", None)
    text = said.pop("content", None)
    source = None if text is None else text.encode()
    timetable = Timetable(
        Schedule(said.pop("schedule")),
        said.pop("at_time"),
        said.pop("weekday"),
        said.pop("zone"),
    )
    inputs = [_input(request, each) for each in said.pop("inputs")]
    return JobPlan(
        **said,
        source=file.read() if file else source,
        filename=file.name if file else "",
        inputs=inputs,
        timetable=timetable,
    )


def _input(request: MemberApiRequest, told: str) -> InputPlan:
    address, _, revision = told.partition("@")
    namespace, _, name = address.partition("/")
    dataset = find_repository(
        request.user, kind=Kind.DATASET, namespace=namespace, name=name, follow=True
    )
    return InputPlan(dataset, revision or "main")


def _as_is(job: Job) -> dict[str, Any]:
    names = (
        *("name", "environment", "parameters", "uses_gpu", "minutes", "memory_mib"),
        *("schedule", "at_time", "weekday", "zone"),
    )
    inputs = [f"{each.address}@{each.revision}" for each in job.inputs.all()]
    return {name: getattr(job, name) for name in names} | {"inputs": inputs}
