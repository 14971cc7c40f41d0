"""What leaves for those who take traces and faults: where, and never who or with what."""

import json
import subprocess
import sys

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from opentelemetry.instrumentation.celery import CeleryInstrumentor
from opentelemetry.instrumentation.django import DjangoInstrumentor
from opentelemetry.instrumentation.psycopg import PsycopgInstrumentor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from marketplace.config.env import Environment
from marketplace.config.watching import sending, traces
from tests.factories.training import ContestFactory, enter, predictions
from training.runs.models import Run

FAULTY = """
import json, sys
from django.conf import settings
from django.http import HttpRequest
from django.test import Client
from django.urls import path
from sentry_sdk.transport import Transport

def fails(request, name):
    password = "correct horse"
    raise ValueError(f"duplicate key: zenobia@example.org, {request.POST['card']}")

urlpatterns = [path("people/<name>", fails)]
settings.configure(
    SECRET_KEY="x" * 60,
    ROOT_URLCONF="__main__",
    ALLOWED_HOSTS=["*"],
    MIDDLEWARE=["marketplace.config.watching.requests.Watched"],
)
import django
django.setup()
from marketplace.config.env import Environment
from marketplace.config.watching import faults

class Kept(Transport):
    def capture_envelope(self, envelope):
        for item in envelope.items:
            print(json.dumps([item.type, item.payload.json]))

faults.begin(
    Environment(sentry_dsn="http://key@127.0.0.1:9/1"), transport=Kept
)
client = Client(raise_request_exception=False, headers={"Cookie": "sessionid=zulu"})
where = "/people/zenobia?token=stoa_secret"
client.post(where, {"card": "visa-visa"}, REMOTE_ADDR="10.9.8.7")
"""


def test_a_fault_is_told_without_people_and_what_they_sent(tmp_path):
    variables = {"DATA_DIR": str(tmp_path), "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", FAULTY],
        capture_output=True,
        text=True,
        check=True,
        env=variables,
    )

    events = [json.loads(line) for line in done.stdout.splitlines()]
    (event,) = [told for kind, told in events if kind == "event"]
    (fault,) = event["exception"]["values"]
    assert (fault["type"], fault["value"]) == ("ValueError", "")
    assert fault["stacktrace"]["frames"][-1]["function"] == "fails"
    assert event["transaction"] == "/people/{name}"
    assert len(event["tags"]["trace_id"]) == 32
    for secret in (
        "zenobia",
        "visa",
        "stoa_secret",
        "zulu",
        "10.9.8.7",
        "correct horse",
    ):
        assert secret not in json.dumps(event)


@pytest.fixture
def spans():
    kept = InMemorySpanExporter()
    provider = traces.begin_with(kept, share=1.0)
    yield lambda: provider.force_flush() and kept.get_finished_spans()
    for each in (DjangoInstrumentor, CeleryInstrumentor, PsycopgInstrumentor):
        each().uninstrument()
    provider.shutdown()


@pytest.mark.django_db
def test_a_request_and_its_run_are_one_trace_that_names_nobody(spans, api, client):
    contest = ContestFactory()
    entrant = enter(contest)
    client.get("/people/zenobia", {"q": "zenobia"}, headers={"User-Agent": "Zenobia"})
    file = SimpleUploadedFile("answers.csv", predictions())

    api(entrant.user).post(
        f"/api/v1/contests/{contest.slug}/submissions",
        {"format": "PREDICTIONS", "file": file},
        format="multipart",
    )

    asked, posted = (span for span in spans() if span.kind.name == "SERVER")
    assert "zenobia" not in json.dumps(dict(asked.attributes)).lower()
    assert asked.name == "GET people/<str:name>"
    assert Run.objects.get().trace_id == f"{posted.context.trace_id:032x}"


def test_what_is_not_installed_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "marketplace.config.watching.faults", None)
    wanted = Environment(sentry_dsn="https://key@sentry.example.org/1")

    sending.begin(Environment())
    with pytest.raises(SystemExit, match=r"SENTRY_DSN is set.*extra `watch`"):
        sending.begin(wanted)
