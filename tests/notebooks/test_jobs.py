"""A person's notebook and script: handed in, run, stopped, run again, published."""

import base64
import io
import json
import threading
import time
import zipfile
from contextlib import closing
from datetime import UTC, datetime, timedelta
from datetime import time as clock_time

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.http import Http404
from django.utils import timezone

from licensing.models import Derivation
from licensing.services.licences import licence_row
from marketplace.accounts.models import Notice
from marketplace.catalog.models import Download, Repository, Visibility
from marketplace.kit.audit import AuditRecord
from marketplace.kit.errors import Malformed
from marketplace.storage.queries import open_blob
from tests.contests.asking import signed_in
from tests.factories.accounts import UserFactory
from tests.factories.catalog import RepositoryFactory, commit
from tests.readable import words_of
from training.notebooks import services
from training.notebooks.executed import Form, shown_cells
from training.notebooks.models import EnvironmentReport, Execution, Job, Schedule
from training.notebooks.plans import Bounds, InputPlan, JobPlan, Timetable
from training.notebooks.services.executions import MOST_AT_WORK, MOST_KEPT
from training.notebooks.sources import kind_of, merged
from training.notebooks.timetables import next_after
from training.notebooks.working import Worker, report_environments, work
from training.runs.models import RunStatus

pytestmark = pytest.mark.django_db(transaction=True)
WORKER = Worker("one", timedelta(minutes=1), None, timezone.now)
BOUNDS = Bounds(minutes=60, memory_mib=4096)
API = "/api/v1/jobs"
READS = """import csv
with open("/data/{address}/data/birds.csv") as file:
    rows = list(csv.DictReader(file))
print(len(rows), "rows,", rounds, "rounds")
with open("/out/lengths.csv", "w") as out:
    print("length", *(row["length"] for row in rows[:rounds]), sep="\\n", file=out)
"""


def notebook(*cells, **more):
    listed = [
        {"cell_type": "code", "metadata": {"tags": tags}, "source": text}
        for text, *tags in cells
    ]
    told = {"cells": listed, "metadata": {}, "nbformat": 4, **more}
    return json.dumps(told).encode()


def dataset_of(owner, **more):
    made = RepositoryFactory(owner=owner, **more)
    made.work.licence = licence_row("CC-BY-SA-4.0")
    made.work.save(update_fields=["licence"])
    commit(made, {"data/birds.csv": "id,length\n1,10.5\n2,11.0\n3,9.5\n"})
    return made


def made_job(owner=None, source=b"print('hello')\n", **plan):
    return services.create_job(
        owner or UserFactory(),
        plan=JobPlan(
            **{"name": "Mine", "minutes": 1, "memory_mib": 512, "source": source} | plan
        ),
        bounds=BOUNDS,
        at=timezone.now(),
    )


def started(job, **more):
    return services.start_job(
        job.owner, job=job, bounds=BOUNDS, asked_at=timezone.now(), **more
    )


def done(execution):
    work(execution.run_id, worker=WORKER)
    return Execution.objects.select_related("job", "run").get(pk=execution.pk)


def done_apart(execution):
    with closing(connection):
        work(execution.run_id, worker=WORKER)


def read(blob):
    with open_blob(blob) as file:
        return file.read()


def test_a_notebook_from_a_file_to_a_published_dataset_by_pages_alone():
    owner = UserFactory()
    dataset = dataset_of(owner)
    client, address = signed_in(owner), str(dataset)
    source = notebook(
        ("rounds = 1", "parameters"),
        (READS.format(address=address),),
        ("display(rows[0])\nrows[1]['length']",),
    )
    report_environments(WORKER)
    assert EnvironmentReport.objects.get().libraries
    assert "numpy" in words_of(client.get("/jobs/new"))

    answer = client.post(
        "/jobs/new",
        {
            "name": "Lengths",
            "file": SimpleUploadedFile("lengths.ipynb", source),
            "inputs": address,
            "parameters": "rounds = 1",
            "environment": "standard",
            "minutes": 1,
            "memory_mib": 512,
            "schedule": "NEVER",
        },
    )
    job = Job.objects.get()
    page = f"/jobs/{job.pk}"
    assert answer["Location"] == page
    assert "It has not run yet" in words_of(client.get(page))
    assert "Give rounds a whole number." in words_of(
        client.post(page, {"parameters": 'rounds = "two"'})
    )
    answer = client.post(page, {"parameters": "rounds = 2"})
    run = f"{page}/runs/1"
    assert answer["Location"] == run
    assert "Place 1 in the queue" in words_of(client.get(run))
    execution = done(Execution.objects.get())
    assert (execution.run.failure_message, execution.run.status) == (
        "",
        RunStatus.SUCCEEDED,
    )

    shown = words_of(client.get(run))
    assert "3 rows, 2 rounds" in shown
    assert "lengths.csv" in shown
    events = client.get(f"{run}/events").content.decode()
    assert "data: 3 rows, 2 rounds" in events
    assert "event: end" in events
    cells = words_of(client.get(f"{run}/notebook"))
    assert "rounds = 2" in cells
    assert "{'id': '1', 'length': '10.5'}" in cells
    assert "'11.0'" in cells
    for part in ("notebook.ipynb", "log.txt", "files.zip", "files/lengths.csv"):
        assert client.get(f"{run}/{part}").status_code == 302
    assert read(execution.files.get().blob_id) == b"length\n10.5\n11.0\n"
    assert read(execution.log_id).startswith(b"3 rows, 2 rounds")
    with zipfile.ZipFile(io.BytesIO(read(execution.archive_id))) as archive:
        assert archive.namelist() == ["lengths.csv"]

    _publish(client, run, dataset)
    client.post(f"{run}/again")
    assert Execution.objects.get(number=2).parameters == {"rounds": 2}


def _publish(client, run, dataset):
    form = client.get(run).content.decode()
    assert '<option value="CC-BY-SA-4.0" selected>' in form  # by the data's own
    answer = client.post(
        run,
        {
            "kind": "DATASET",
            "namespace": dataset.namespace.name,
            "name": "lengths",
            "title": "Lengths",
            "licence_id": "CC-BY-SA-4.0",
            "visibility": "PUBLIC",
            "has_notebook": "on",
        },
    )
    made = Repository.objects.get(name="lengths")
    assert answer["Location"] == made.get_absolute_url()
    derived = Derivation.objects.get(work=made.work)
    assert (derived.source, derived.relation) == (dataset.work, "ADAPT")
    card = words_of(client.get(answer["Location"]))
    assert dataset.commits.get().oid in card
    assert set(made.entries.filter(kind="FILE").values_list("name", flat=True)) == {
        *("README.md", "run.json", "lengths.csv", "notebook.ipynb")
    }
    told = json.loads(read(made.entries.get(name="run.json").blob_id))
    assert told["parameters"] == {"rounds": 2}
    assert told["inputs"] == [
        {"dataset": str(dataset), "revision": dataset.commits.get().oid}
    ]
    acts = AuditRecord.objects.values_list("act", flat=True)
    assert {"create_job", "start_job", "publish_output"} <= set(acts)


def test_a_script_over_the_api_is_run_watched_stopped_changed_and_thrown_away():
    owner = UserFactory()
    client = signed_in(owner)

    def sent(method, path="", **body):
        ask = getattr(client, method)
        return ask(f"{API}{path}", body, content_type="application/json")

    endless = (
        "import time\nprint('begun', flush=True)\nwhile True:\n    time.sleep(1)\n"
    )
    made = sent("post", name="Endless", content=endless, minutes=1).json()
    run = f"/{made['id']}/runs"
    first = sent("post", run).json()
    assert (first["status"], first["number"]) == ("QUEUED", 1)
    working = threading.Thread(target=done_apart, args=(Execution.objects.get(),))
    working.start()
    deadline = time.monotonic() + 30
    while "begun" not in sent("get", f"{run}/1").json()["log_tail"]:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert "event: line\ndata: begun" in (
        client.get(f"/jobs{run}/1/events").content.decode()
    )
    assert sent("delete", f"/{made['id']}").json()["code"] == "job_at_work"
    sent("post", f"{run}/1/cancel")
    working.join(30)
    assert sent("get", f"{run}/1").json()["status"] == "CANCELLED"

    says = (
        "import sys, os\nprint(sys.argv[1:], os.environ['PARAMETERS'])\nsys.exit(3)\n"
    )
    changed = sent("patch", f"/{made['id']}", content=says, parameters={"much": 0.5})
    assert (changed.json()["version"], changed.json()["name"]) == (2, "Endless")
    for wrong in ({"much": "a lot"}, {"more": 1}):
        assert sent("post", run, parameters=wrong).status_code == 400
    sent("post", run, parameters={"much": 2})
    execution = done(Execution.objects.get(number=2))
    told = sent("get", f"{run}/2").json()
    assert told["failure_message"].startswith("It ended with exit status 3")
    assert told["log_tail"] == ["['--much', '2'] {\"much\": 2}"]
    assert execution.run.usage["cpu_seconds"] > 0
    listed = sent("get", run).json()["results"]
    assert [each["number"] for each in listed] == [2, 1]
    assert sent("delete", f"/{made['id']}").status_code == 204
    assert not Execution.objects.exists()


@pytest.mark.parametrize(
    ("source", "filename", "said"),
    [
        (b" \n", "", "it is empty"),
        (b"PK\x03\x04rest", "all.ipynb", "it is a ZIP"),
        (b"\xff\xfe", "", "no text in UTF-8"),
        (b"{}", "a.ipynb", "it has no cells"),
        (b"{'cells': 1", "a.ipynb", "cannot be read as JSON"),
        (b"[" * 100_000, "a.ipynb", "cannot be read as JSON"),
        (b"x = 1", "a.R", "ends in .ipynb or .py"),
        (b"x" * (10 * 2**20 + 1), "a.py", "10 MiB is the most"),
    ],
)
def test_a_source_that_is_none_is_refused_with_what_to_do(source, filename, said):
    with pytest.raises(Malformed, match=said):
        kind_of(source, filename=filename)


def test_parameters_keep_the_types_of_their_defaults():
    defaults = {"n": 1, "rate": 0.5, "on": True, "name": "a", "any": None}
    assert merged(defaults, {"rate": 2, "any": [1], "on": False})["rate"] == 2
    for wrong in ({"n": True}, {"n": 1.5}, {"on": 1}, {"name": 3}, {"other": 1}):
        with pytest.raises(Malformed, match=r"^parameters: "):
            merged(defaults, wrong)


def test_a_dataset_is_read_by_who_may_have_it_when_asked_and_when_it_runs():
    owner, reader = UserFactory(), UserFactory()
    dataset = dataset_of(owner)
    page = signed_in(reader).post(
        "/jobs/new",
        {"name": "a", "script": "1", "inputs": str(dataset), "schedule": "NEVER"},
    )
    assert "or it is not shared with you" in words_of(page)
    with pytest.raises(Http404):
        made_job(reader, inputs=[InputPlan(dataset)])

    Repository.objects.update(visibility=Visibility.PUBLIC)
    dataset.refresh_from_db()
    job = made_job(reader, inputs=[InputPlan(dataset)])
    assert not Download.objects.exists()
    execution = started(job)
    assert Download.objects.count() == 1
    Repository.objects.update(visibility=Visibility.PRIVATE)
    failed = done(execution)
    assert (failed.run.status, failed.run.failure_code) == (
        RunStatus.FAILED,
        "data_refused",
    )
    with pytest.raises(Http404):
        started(job)
    assert Execution.objects.count() == 1


def test_a_schedule_runs_a_job_when_its_time_comes_and_tells_of_failures():
    now = datetime(2026, 3, 28, 12, tzinfo=UTC)
    daily = Timetable(Schedule.DAILY, clock_time(2, 30), None, "Europe/Athens")
    weekly = Timetable(Schedule.WEEKLY, clock_time(9), 0, "Asia/Kolkata")
    assert next_after(daily, now) == datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
    assert next_after(daily, now + timedelta(days=1)) == datetime(
        2026, 3, 29, 23, 30, tzinfo=UTC
    )  # the clocks went forward
    assert next_after(weekly, now) == datetime(2026, 3, 30, 3, 30, tzinfo=UTC)

    job = made_job(source=b"1/0\n", timetable=daily)
    due = job.next_at
    assert services.start_due(bounds=BOUNDS, now=due - timedelta(seconds=1)) == 0
    assert services.start_due(bounds=BOUNDS, now=due) == 1
    assert services.start_due(bounds=BOUNDS, now=due) == 0
    job.refresh_from_db()
    assert timedelta(hours=22) < job.next_at - due < timedelta(hours=26)
    assert services.start_due(bounds=BOUNDS, now=job.next_at) == 0  # one is not over
    failed = done(Execution.objects.get(is_scheduled=True))
    assert "ZeroDivisionError" in "".join(failed.run.log_tail)
    notice = Notice.objects.get()
    assert (notice.person, notice.path) == (job.owner, f"/jobs/{job.pk}/runs/1")
    assert "exit status 1" in notice.text

    client = signed_in(job.owner)
    client.post(f"/jobs/{job.pk}/pause")
    assert "Paused" in words_of(client.get(f"/jobs/{job.pk}"))
    assert services.start_due(bounds=BOUNDS, now=due + timedelta(days=9)) == 0
    client.post(f"/jobs/{job.pk}/resume")
    Job.objects.update(environment="gone", next_at=now)
    assert services.start_due(bounds=BOUNDS, now=now) == 0
    assert "could not begin" in Notice.objects.latest("pk").subject


def test_runs_are_bounded_in_number_and_the_oldest_go(django_assert_num_queries):
    job = made_job()
    client = signed_in(job.owner)
    for _ in range(MOST_AT_WORK):
        started(job)
    with pytest.raises(services.TooManyExecutions):
        started(job)
    for execution in Execution.objects.all():
        services.cancel_execution(job.owner, execution=execution, at=timezone.now())
    counts = []
    for few in (True, False):
        if few:
            Execution.objects.exclude(number=1).delete()
        with django_assert_num_queries(9, exact=False) as asked:
            client.get(f"/jobs/{job.pk}")
        with django_assert_num_queries(12, exact=False) as over:
            client.get(f"{API}/{job.pk}/runs")
        counts.append((len(asked), len(over)))
        for _ in range(3):
            more = started(job)
            services.cancel_execution(job.owner, execution=more, at=timezone.now())
    assert counts[0] == counts[1]
    Execution.objects.exclude(number=1).delete()
    Execution.objects.filter(number=1).update(number=MOST_KEPT * 5)
    started(job)
    kept = Execution.objects.values_list("number", flat=True)
    assert sorted(kept) == [MOST_KEPT * 5, MOST_KEPT * 5 + 1]


def test_what_a_notebook_shows_cannot_act():
    png = base64.b64encode(b"\x89PNG\r\n\x1a\n and the rest").decode()
    hostile = {"text/html": "<script>alert(1)</script>", "text/plain": "<script>"}
    outputs = [
        {"output_type": "display_data", "data": hostile},
        {"output_type": "display_data", "data": {"image/png": png}},
        {"output_type": "display_data", "data": {"image/png": "PHNjcmlwdD4="}},
        {"output_type": "error", "traceback": ["no", 1]},
        {"output_type": "stream", "text": "x" * 30_000},
        {"output_type": "other"},
    ]
    told = {"cells": [{"cell_type": "code", "source": "1", "outputs": outputs}]}
    (cell,) = shown_cells(json.dumps(told).encode())
    forms = [(each.form, each.is_cut, each.has_more) for each in cell.outputs]
    assert forms == [
        (Form.TEXT, False, True),
        (Form.IMAGE, False, False),
        (Form.TEXT, False, False),
        (Form.ERROR, False, False),
        (Form.TEXT, True, False),
    ]
    assert cell.outputs[1].content.startswith("data:image/png;base64,iVBOR")
    for broken in (b"{", b"[]", b'{"cells": 1}', b'{"cells": [1]}'):
        assert shown_cells(broken) is None
