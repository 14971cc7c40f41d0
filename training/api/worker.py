"""What a host's worker asks over HTTPS: claim, say it is alive, end; nothing else."""

import base64
import binascii
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.shortcuts import get_object_or_404
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from marketplace.accounts.http import (
    SessionAuthentication,
    TokenAuthentication,
    require_scope,
)
from marketplace.accounts.models import Scope
from marketplace.kit.clock import database_now
from marketplace.kit.limits import RequestRate
from training.contests.brought_programs import MOST_DETAILS, MOST_LOG
from training.contests.comparing import compare_soon
from training.contests.models import Attempt, ContestSite, Task
from training.contests.results import (
    keep_program_output,
    record_failure,
    record_outcome,
)
from training.contests.sites import (
    failure_told,
    next_job,
    outcome_of,
    program_outcome,
)
from training.contests.visits import plan_of, record_visit, site_of
from training.jobs import Outcome
from training.runs import leases
from training.runs.leases import Lease, Standing
from training.runs.models import LOG_LINES, BroughtWorker
from training.runs.sites import PREFIX, lease_held, note_seen, worker_of

LINE_CHARACTERS = 2000
ATTEMPTS = Attempt.objects.select_related("submission__contest", "submission__phase")


class WorkerAuthentication(BaseAuthentication):
    """`Authorization: Bearer stoaw_…`: a worker, who is no user and opens no other view."""

    def authenticate(
        self, request: Request
    ) -> tuple[AnonymousUser, BroughtWorker] | None:
        scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not secret.startswith(f"{PREFIX}_"):
            return None
        worker = worker_of(secret.strip())
        if worker is None:
            raise AuthenticationFailed(
                "There is no such worker, or it was revoked. Ask the contest's host.",
                code="worker_unknown",
            )
        return AnonymousUser(), worker

    def authenticate_header(self, request: Request) -> str:  # noqa: ARG002  DRF's shape
        return 'Bearer realm="Stoa"'


class WorkerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # the library's
    target_class = WorkerAuthentication
    name = "worker"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:  # noqa: ARG002  its shape
        return {"type": "http", "scheme": "bearer", "description": "A worker's token."}


class WorkerOnly(BasePermission):
    """A worker by its own token; nobody else, staff included."""

    message = "Only a worker's own token may do this. A contest's host makes one."

    def has_permission(self, request: Request, view: Any) -> bool:  # noqa: ARG002  DRF's shape
        if isinstance(request.auth, BroughtWorker):
            return True
        if request.user.is_authenticated:
            require_scope(request, Scope.RUN_WRITE)
        return False


class WorkerRate(RequestRate):
    """A worker counts by its own token, so that many behind one address do not add up."""

    def caller_of(self, request: Request) -> tuple[str, str]:
        if isinstance(request.auth, BroughtWorker):
            return "member", f"worker:{request.auth.pk}"
        return super().caller_of(request)


class WorkerView(APIView):
    """Workers only; that a worker was here is noted."""

    authentication_classes = [
        WorkerAuthentication,
        TokenAuthentication,
        SessionAuthentication,
    ]
    permission_classes = [WorkerOnly]
    throttle_classes = [WorkerRate]
    write_scope = Scope.RUN_WRITE

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        note_seen(self.worker, at=database_now())

    @property
    def worker(self) -> BroughtWorker:
        worker = self.request.auth
        if not isinstance(worker, BroughtWorker):
            raise TypeError("only what WorkerOnly lets in comes here")
        return worker

    def held(self, given: dict[str, Any]) -> Lease:
        return lease_held(
            self.worker,
            run_id=given["run"],
            token=given["lease"],
            term=settings.STOA.lease,
        )


class Tail(serializers.ListField):
    child = serializers.CharField(
        max_length=LINE_CHARACTERS, allow_blank=True, trim_whitespace=False
    )


class HeldIn(serializers.Serializer[Any]):
    run = serializers.UUIDField()
    lease = serializers.UUIDField()
    log_tail = Tail(max_length=LOG_LINES, required=False, default=list)
    log_lines = serializers.IntegerField(
        min_value=0, max_value=2**53, required=False, default=0
    )


class HeartbeatIn(HeldIn):
    stage = serializers.RegexField("^[A-Z]{0,20}$", required=False, default="")


class LeaseStandingOut(serializers.Serializer[Any]):
    standing = serializers.ChoiceField(
        [(each.name, each.value) for each in Standing], read_only=True
    )


class ProgramOutputIn(serializers.Serializer[Any]):
    """What a host's program printed beside the labels: for the host alone."""

    log = serializers.CharField(
        max_length=MOST_LOG, allow_blank=True, trim_whitespace=False, default=""
    )
    details = serializers.CharField(
        max_length=MOST_DETAILS,
        allow_blank=True,
        default="",
        help_text="Base64 of its page of details.",
    )

    def validate_details(self, given: str) -> bytes:
        try:
            return base64.b64decode(given, validate=True)
        except binascii.Error as fault:
            raise serializers.ValidationError("It is not base64.") from fault


class CompleteIn(HeldIn):
    outcome = serializers.DictField(
        help_text="As the runner makes it; each field is checked."
    )
    program = ProgramOutputIn(required=False)


class FailIn(HeldIn):
    failure = serializers.DictField(help_text="code, message, stage, rows, row_count")
    program = ProgramOutputIn(required=False)


class FileOut(serializers.Serializer[Any]):
    sha256 = serializers.CharField(read_only=True)
    size_bytes = serializers.IntegerField(read_only=True)
    url = serializers.CharField(read_only=True, help_text="It lives for minutes.")


class SiteJobOut(serializers.Serializer[Any]):
    """Of the files that the worker has itself: which they are, by their digests."""

    name = serializers.CharField(read_only=True)
    truth_sha256 = serializers.CharField(read_only=True)
    inputs_sha256 = serializers.CharField(read_only=True)
    gives_losses = serializers.BooleanField(read_only=True)


class JobOut(serializers.Serializer[Any]):
    run = serializers.UUIDField(read_only=True)
    lease = serializers.UUIDField(read_only=True)
    term_seconds = serializers.FloatField(read_only=True)
    contest = serializers.CharField(read_only=True)
    format = serializers.CharField(read_only=True)
    target = serializers.DictField(read_only=True)
    program = serializers.DictField(read_only=True, allow_null=True)
    files = serializers.DictField(child=FileOut(), read_only=True)
    site = SiteJobOut(read_only=True, allow_null=True)


class RecordedOut(serializers.Serializer[Any]):
    recorded = serializers.BooleanField(
        read_only=True, help_text="False if its owner cancelled it meanwhile."
    )


def told(shape: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    body = shape(data=request.data)
    body.is_valid(raise_exception=True)
    given: dict[str, Any] = body.validated_data
    return given


class ClaimIn(serializers.Serializer[Any]):
    can = serializers.ListField(
        child=serializers.CharField(max_length=20),
        max_length=10,
        default=list,
        help_text="What the worker does beyond scoring: `programs` of hosts.",
    )


class WorkerClaim(WorkerView):
    @extend_schema(
        operation_id="worker_claim",
        request=ClaimIn,
        responses={200: JobOut, 204: None},
    )
    def post(self, request: Request) -> Response:
        """Take the next run that waits for this worker; 204 if there is none."""
        can = told(ClaimIn, request)["can"]
        term = settings.STOA.lease
        job = next_job(self.worker, can=can, now=database_now(), term=term)
        if job is None:
            return Response(status=status.HTTP_204_NO_CONTENT)
        return Response(JobOut(job).data)


class WorkerHeartbeat(WorkerView):
    @extend_schema(
        operation_id="worker_heartbeat", request=HeartbeatIn, responses=LeaseStandingOut
    )
    def post(self, request: Request) -> Response:
        """Hold a run for another term, with the last lines of its log."""
        given = told(HeartbeatIn, request)
        standing = leases.renew(
            self.held(given),
            now=database_now(),
            log_tail=given["log_tail"],
            log_lines=given["log_lines"],
            stage=given["stage"],
        )
        return Response(LeaseStandingOut({"standing": standing.name}).data)


class WorkerComplete(WorkerView):
    @extend_schema(
        operation_id="worker_complete", request=CompleteIn, responses=RecordedOut
    )
    def post(self, request: Request) -> Response:
        """Bring the scores of a run; they are checked, and recorded once."""
        given = told(CompleteIn, request)
        lease = self.held(given)
        attempt = get_object_or_404(ATTEMPTS, run=lease.run_id)
        now, site = database_now(), site_of(self.worker)
        outcome = _outcome(given["outcome"], attempt, site)
        _keep_output(given, attempt, at=now)
        if site is not None:
            is_recorded = record_visit(
                lease,
                attempt=attempt,
                site=site,
                worker=self.worker,
                outcome=outcome,
                now=now,
            )
            return Response(RecordedOut({"recorded": is_recorded}).data)
        is_recorded = record_outcome(
            lease,
            attempt=attempt,
            outcome=outcome,
            log_tail=given["log_tail"],
            now=now,
            software={"worker": f"brought, {self.worker.hint}"},
        )
        compare_soon(attempt.submission.contest_id)
        return Response(RecordedOut({"recorded": is_recorded}).data)


class WorkerFail(WorkerView):
    @extend_schema(operation_id="worker_fail", request=FailIn, responses=RecordedOut)
    def post(self, request: Request) -> Response:
        """Say why a submission failed."""
        given = told(FailIn, request)
        lease = self.held(given)
        fault = failure_told(given["failure"])
        attempt = get_object_or_404(ATTEMPTS, run=lease.run_id)
        _keep_output(given, attempt, at=database_now())
        is_recorded = record_failure(
            lease,
            fault=fault,
            log_tail=given["log_tail"],
            now=database_now(),
        )
        return Response(RecordedOut({"recorded": is_recorded}).data)


def _outcome(
    plain: dict[str, Any], attempt: Attempt, site: ContestSite | None
) -> Outcome:
    contest = attempt.submission.contest
    if contest.task == Task.PROGRAM:
        return program_outcome(plain, attempt=attempt)
    plan = plan_of(site, attempt) if site else None
    phase = attempt.submission.phase
    return outcome_of(plain, contest=contest, phase=phase, plan=plan)


def _keep_output(given: dict[str, Any], attempt: Attempt, *, at: datetime) -> None:
    """Keep what a host's program printed; of other contests there is none."""
    if attempt.submission.contest.task != Task.PROGRAM or "program" not in given:
        return
    keep_program_output(
        attempt,
        log=given["program"]["log"],
        details=given["program"]["details"] or b"",
        at=at,
    )


class WorkerRelease(WorkerView):
    @extend_schema(operation_id="worker_release", request=HeldIn, responses=RecordedOut)
    def post(self, request: Request) -> Response:
        """Give a run back undone, as when the worker is told to stop."""
        lease = self.held(told(HeldIn, request))
        now = database_now()
        is_back = leases.release(lease, now=now) or leases.cancel(lease, now=now)
        return Response(RecordedOut({"recorded": is_back}).data)
