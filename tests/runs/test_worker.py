"""A worker process over the files of the embedded broker, as `make demo` runs it."""

import gzip
import os
import signal
import threading
import time
import urllib.request
from collections import defaultdict
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.utils import timezone
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
)

from marketplace.kit.tracing import fresh_trace, id_of, within
from tests.factories.training import (
    ContestFactory,
    RunFactory,
    enter,
    hand_in,
    predictions,
)
from tests.servers.celeries import worker
from tests.servers.databases import database_url
from tests.servers.processes import free_port
from training.contests.models import BoardRow
from training.runs.dispatch import sweep
from training.runs.models import Run, RunStatus, WorkerReport
from training.runs.queries import live_workers
from training.runs.services import request_cancel

pytestmark = pytest.mark.django_db(transaction=True)
WITHIN_SECONDS = 60
TIMED = 'stoa_task_seconds_count{state="SUCCESS",task="contests.evaluate"}'


def wait_for(condition):
    give_up_at = time.monotonic() + WITHIN_SECONDS
    while not condition() and time.monotonic() < give_up_at:
        time.sleep(0.1)
    return condition()


@contextmanager
def collector():
    """Take spans by OTLP; yield its address, and the traces of each name so far."""
    spans = defaultdict(set)

    class Taker(BaseHTTPRequestHandler):
        def do_POST(self):
            sent = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers["Content-Encoding"] == "gzip":
                sent = gzip.decompress(sent)
            for resource in ExportTraceServiceRequest.FromString(sent).resource_spans:
                for scope in resource.scope_spans:
                    for span in scope.spans:
                        spans[span.name].add(span.trace_id.hex())
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Taker) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", spans
        server.shutdown()


def installation():
    """Return what a process needs to share our database, files and broker."""
    return {
        "DATABASE_URL": database_url(),
        "DATA_DIR": os.environ["DATA_DIR"],
        "SECRET_KEY": os.environ["SECRET_KEY"],
    }


def test_what_is_handed_in_is_scored_by_a_worker_that_reports_itself(sent):
    contest = ContestFactory()
    port, trace = free_port(), fresh_trace().removesuffix("00") + "01"
    with within(trace):
        submission = hand_in(enter(contest), predictions(wrong=2))
    wrong = hand_in(enter(contest), b"id,probability\nr0,2\n")
    cancelled = hand_in(enter(contest))
    request_cancel(
        cancelled.entrant.user, run=cancelled.attempts.get().run, at=timezone.now()
    )

    with (
        collector() as (address, spans),
        worker(
            {
                **installation(),
                "METRICS_PORT": str(port),
                "OTLP_ENDPOINT": address,
                "OTEL_BSP_SCHEDULE_DELAY": "100",
            }
        ) as process,
    ):
        ended = wait_for(
            lambda: not Run.objects.filter(status__in=["QUEUED", "RUNNING"]).exists()
        )
        assert ended, process.tail()
        assert wait_for(WorkerReport.objects.exists), process.tail()
        assert wait_for(lambda: "run/contests.evaluate" in spans), process.tail()
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as told:
            assert TIMED in told.read().decode()
    assert id_of(trace) in spans["run/contests.evaluate"]

    statuses = {run.attempt.submission_id: run.status for run in Run.objects.all()}
    assert statuses == {
        submission.pk: RunStatus.SUCCEEDED,
        wrong.pk: RunStatus.FAILED,
        cancelled.pk: RunStatus.CANCELLED,
    }
    assert BoardRow.objects.get().submission == submission
    (report,) = live_workers(now=timezone.now())
    assert report.hostname == "worker@test"
    assert report.queues == ["default", "predictions", "runs"]
    assert report.concurrency == 2
    assert report.sandbox


def test_a_worker_told_to_end_finishes_what_it_has(sent):
    submission = hand_in(enter(ContestFactory()))

    with worker(installation()) as process:
        assert wait_for(Run.objects.exclude(status=RunStatus.QUEUED).exists)
        os.killpg(process.pid, signal.SIGTERM)  # its pool, too, as a supervisor does
        assert process.process.wait(WITHIN_SECONDS) == 0, process.tail()

    run = Run.objects.get(attempt__submission=submission)
    assert run.status == RunStatus.SUCCEEDED
    assert sweep(timezone.now()).failed == 0


def test_a_run_that_breaks_a_worker_is_left_to_the_sweep(sent):
    run = RunFactory(queued_at=timezone.now())
    sweep(timezone.now())

    with worker(installation()) as process:
        assert wait_for(lambda: "DoesNotExist" in process.tail())

    run.refresh_from_db()
    assert (run.status, run.attempts) == (RunStatus.RUNNING, 1)
    back = sweep(run.lease_until + timedelta(seconds=1))
    assert back.requeued == 1
