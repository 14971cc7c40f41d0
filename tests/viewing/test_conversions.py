"""Versions of datasets become tables by themselves: queued, read in the sandbox, kept."""

from datetime import timedelta

import pyarrow.parquet as pq
import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from marketplace.catalog.models import Commit
from marketplace.storage.models import Blob
from marketplace.storage.queries import open_blob
from marketplace.storage.services.collection import needed
from marketplace.viewer.models import Conversion, Part, Split, State
from marketplace.viewer.permissions import require_rows
from marketplace.viewer.queries import conversion_of, parts_of, split_named, splits_of
from marketplace.viewer.services import (
    NotFailed,
    ask_again,
    ask_conversion,
    forget_past,
)
from tests.factories.accounts import UserFactory
from tests.factories.catalog import RepositoryFactory, commit
from training.runner.sandbox import process
from training.runs.models import Run, RunStatus
from training.runs.services import request_cancel
from training.viewing import services, tasks, working
from training.viewing.working import Worker, work

pytestmark = pytest.mark.django_db(transaction=True)
WORKER = Worker("one", timedelta(minutes=1), None, timezone.now)
CARD = "---\nlicense: cc-by-4.0\n---\n# Birds\n"
BIRDS = {
    "README.md": CARD,
    "train.csv": "id,kind,length\n1,robin,10.5\n2,robin,\n3,wren,9.5\n",
    "test.csv": "id,kind,length\n4,wren,11\n",
}


def looked():
    return services.look(at=timezone.now())


def converted(repository, worker=None):
    """Return the conversion of the newest version, done by the tasks, or by `worker`."""
    tasks.look_for_work()
    head = Commit.objects.filter(repository=repository).latest("pk")
    run_id = conversion_of(repository, head).run_id
    if worker is None:
        tasks.convert_version.apply(kwargs={"run_id": str(run_id)}, throw=True)
    else:
        work(run_id, worker=worker)
    return conversion_of(repository, head)


def rows_of(split):
    found = []
    for part in parts_of(split):
        with open_blob(part.blob_id) as file:
            found += pq.read_table(file).to_pylist()
    return found


def test_a_dataset_becomes_tables_and_the_same_files_are_read_once():
    repository = RepositoryFactory()
    commit(repository, BIRDS)
    RepositoryFactory(model=True)
    assert looked() == 1
    assert looked() == 0  # once is enough
    run = Run.objects.get(task="viewing.convert")
    assert (run.queue, run.claimant) == ("runs", f"namespace:{repository.namespace_id}")

    made = converted(repository)
    run.refresh_from_db()
    assert (made.state, made.cause, run.status) == (State.READY, None, "SUCCEEDED")
    assert (
        made.done_bytes
        == made.total_bytes
        == len(BIRDS["train.csv"]) + len(BIRDS["test.csv"])
    )
    train, test = splits_of(made)
    assert [str(train), str(test)] == ["default/train", "default/test"]
    assert (train.rows, train.columns) == (3, ["id", "kind", "length"])
    (gap,) = train.quality
    assert (gap["code"], gap["count"], gap["rows"]) == ("missing_values", 1, [1])
    assert test.quality == []
    assert train.features[2]["type"] == {"dtype": "float64", "_type": "Value"}
    assert rows_of(train)[1] == {"id": 2, "kind": "robin", "length": None}
    counted = {each["column_name"]: each for each in train.statistics}
    assert counted["length"]["column_statistics"]["mean"] == 10.0
    assert counted["kind"]["column_type"] == "string_label"
    assert Blob.objects.filter(needed(), pk=train.parts.get().blob_id).exists()

    commit(repository, {"README.md": CARD + "More words.\n"})
    again = converted(repository)
    assert again.pk != made.pk
    assert again.state == State.READY
    assert Part.objects.filter(split__conversion=again).count() == 2
    assert split_named(again, "default", "train").statistics == train.statistics
    assert again.digest == made.digest


def test_what_waits_is_queued_as_soon_as_another_ends():
    first, second = RepositoryFactory.create_batch(2)
    for repository in (first, second):
        commit(repository, BIRDS)
    assert looked() == 1  # half of the hands

    (run,) = Run.objects.all()
    tasks.convert_version.apply(kwargs={"run_id": str(run.pk)}, throw=True)
    (waiting,) = Conversion.objects.filter(state=State.WAITING)
    assert waiting.run_id is not None


def test_one_bad_split_loses_only_itself_and_all_bad_ones_fail_the_version():
    repository = RepositoryFactory()
    commit(repository, BIRDS | {"test.csv": "id,kind\n1,wren\n2\n"})
    made = converted(repository)

    train, test = splits_of(made)
    assert (made.state, train.failure, train.rows) == (State.READY, None, 3)
    assert (test.rows, test.failure["line"]) == (0, 3)
    assert test.failure["path"] == "test.csv"
    with pytest.raises(PermissionDenied):
        ask_again(UserFactory(), conversion=made, at=timezone.now())

    bad = RepositoryFactory()
    commit(bad, {"a.csv": "x\n1,2\n"})
    failed = converted(bad)
    run = Run.objects.get(pk=failed.run_id)
    assert (failed.state, failed.cause["code"]) == (State.FAILED, "ragged_row")
    assert (run.status, run.failure_code) == (RunStatus.FAILED, "ragged_row")
    assert "Line 2 of a.csv" in run.failure_message
    empty = RepositoryFactory()
    commit(empty, {"README.md": CARD})
    assert converted(empty).state == State.NOTHING
    large = RepositoryFactory()
    commit(large, BIRDS | {"more.csv": "x\n1\n"})
    small = Worker("two", timedelta(minutes=1), None, timezone.now, most_bytes=10)
    assert converted(large, small).cause["code"] == "too_large"
    ask_again(repository.created_by, conversion=made, at=timezone.now())
    assert not Split.objects.filter(conversion=made).exists()
    assert looked() == 1
    with pytest.raises(NotFailed):
        ask_again(
            empty.created_by,
            conversion=Conversion.objects.get(repository=empty),
            at=timezone.now(),
        )


def test_it_is_cancelled_while_it_waits_and_while_it_works(monkeypatch):
    repository = RepositoryFactory()
    commit(repository, BIRDS)
    looked()
    waiting = Conversion.objects.get(repository=repository)
    run = Run.objects.get(pk=waiting.run_id)
    request_cancel(repository.created_by, run=run, at=timezone.now())
    looked()
    waiting.refresh_from_db()
    assert (waiting.state, waiting.cause["code"]) == (State.FAILED, "cancelled")
    work(run.pk, worker=WORKER)  # as it was delivered: nothing happens

    ask_again(repository.created_by, conversion=waiting, at=timezone.now())
    monkeypatch.setattr(process, "STOP_ASKED_EVERY_SECONDS", 0.0)

    class Stopped(working.Heartbeat):
        def stop(self):
            run = Run.objects.get(pk=self._lease.run_id)
            request_cancel(repository.created_by, run=run, at=timezone.now())
            return True

    monkeypatch.setattr(working, "Heartbeat", Stopped)
    stopped = converted(repository)
    assert (stopped.state, stopped.cause["code"]) == (State.FAILED, "cancelled")
    assert not Split.objects.filter(conversion=stopped).exists()


def test_a_run_that_lost_its_worker_for_good_fails_its_conversion():
    repository = RepositoryFactory()
    commit(repository, BIRDS)
    looked()
    made = Conversion.objects.get(repository=repository)
    Run.objects.filter(pk=made.run_id).update(
        status=RunStatus.FAILED,
        failure_code="worker_lost",
        failure_message="Its worker stopped answering.",
        started_at=timezone.now(),
        finished_at=timezone.now(),
    )
    looked()
    made.refresh_from_db()

    assert (made.state, made.cause["code"]) == (State.FAILED, "worker_lost")


def test_tables_of_the_past_go_and_those_that_something_names_stay():
    repository = RepositoryFactory()
    first = commit(repository, BIRDS)
    second = commit(repository, {"test.csv": "id,kind,length\n4,wren,12\n"})
    for version in (first, second):
        made = ask_conversion(repository, commit=version, at=timezone.now())
        Conversion.objects.filter(pk=made.pk).update(
            state=State.NOTHING, ended_at=timezone.now()
        )

    assert forget_past(before=timezone.now() - timedelta(days=1)) == 0
    assert forget_past(before=timezone.now()) == 1
    left = Conversion.objects.get(repository=repository)
    assert left.commit_id != first.pk
    access = require_rows(
        repository.created_by, repository=repository, at=timezone.now()
    )
    assert access.allowed
