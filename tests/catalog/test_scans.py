"""What is committed is looked into by a worker, and what harms is told and not loaded."""

from datetime import timedelta

import pytest

from marketplace.catalog.models import FileScan, ScanStatus
from marketplace.catalog.queries import security_of
from marketplace.catalog.scanning import SCANNER
from marketplace.catalog.services import scans
from marketplace.catalog.tasks import scan_committed_files
from marketplace.kit.models import AuditRecord
from marketplace.storage.queries import BlobUnavailable, current_store
from tests.factories.accounts import NOON
from tests.factories.catalog import RepositoryFactory, commit
from tests.factories.storage import BlobFactory

pytestmark = pytest.mark.django_db
HARM = b"\x80\x02cos\nsystem\n(S'echo harm'\ntR."
OLD_HARM = HARM[2:]  # of a protocol that begins with anything
HARMLESS = b"\x80\x04\x8c\x05hello\x94."


@pytest.fixture
def sent(monkeypatch, django_capture_on_commit_callbacks):
    """Commit files and run what follows; return the tasks that were sent."""
    tasks = []
    monkeypatch.setattr(scans.current_app, "send_task", tasks.append)

    def act(files, **told):
        with django_capture_on_commit_callbacks(execute=True):
            commit(RepositoryFactory(), files, **told)
        return tasks

    return act


def status_of(content: bytes) -> str:
    blob = BlobFactory(content=content)
    return security_of([blob.pk])[blob.pk].status


def test_a_commit_queues_what_it_brings_and_wakes_a_worker(sent):
    assert sent({"model.pkl": HARM, "rows.csv": "a,b\n"}) == ["catalog.scan_files"]
    assert status_of(HARM) == ScanStatus.QUEUED

    scanned = scans.scan_waiting(now=NOON)

    assert scanned == FileScan.objects.count()
    assert status_of(HARM) == ScanStatus.UNSAFE
    assert status_of(b"a,b\n") == ScanStatus.SAFE
    row = FileScan.objects.get(status=ScanStatus.UNSAFE)
    assert row.report["imports"] == [
        {"module": "os", "name": "system", "safety": "dangerous"}
    ]
    assert (row.scanner, row.scanned_at, row.claimed_at) == (SCANNER, NOON, None)
    act = AuditRecord.objects.get(act="find_unsafe")
    assert act.actor is None


def test_many_files_leave_other_work_its_turn(sent):
    many = {f"{number}.csv": f"{number}\n" for number in range(scans.BATCH + 5)}
    tasks = sent(many)
    tasks.clear()

    scan_committed_files()
    assert tasks == ["catalog.scan_files"]
    assert FileScan.objects.filter(status=ScanStatus.QUEUED).count() == (
        FileScan.objects.count() - scans.BATCH
    )

    scan_committed_files()
    assert tasks == ["catalog.scan_files"]
    assert not FileScan.objects.filter(status=ScanStatus.QUEUED).exists()


def test_a_content_is_looked_into_once_whatever_it_is_in(sent):
    sent({"a.csv": "same"})
    scans.scan_waiting(now=NOON)

    sent({"b.csv": "same"})

    assert (
        scans.scan_waiting(now=NOON) == FileScan.objects.filter(status="QUEUED").count()
    )
    assert status_of(b"same") == ScanStatus.SAFE


def test_what_is_called_a_pickle_later_is_looked_into_again(sent):
    sent({"notes.txt": OLD_HARM})
    scans.scan_waiting(now=NOON)
    assert status_of(OLD_HARM) == ScanStatus.SAFE

    sent({"model.pkl": OLD_HARM})
    scans.scan_waiting(now=NOON)

    assert status_of(OLD_HARM) == ScanStatus.UNSAFE


def test_names_that_no_database_can_hold_are_found_and_written_down(sent):
    module, name = b"os\0", b"\xed\xa0\x80"  # NUL, and half a pair
    words = b"".join(b"\x8c" + bytes([len(each)]) + each for each in (module, name))
    odd = b"\x80\x04" + words + b"\x93)R."
    sent({"model.pkl": odd, "other.pkl": HARM})

    scans.scan_waiting(now=NOON)

    assert status_of(HARM) == ScanStatus.UNSAFE
    row = security_of([BlobFactory(content=odd).pk]).popitem()[1]
    assert [(each["module"], each["name"]) for each in row.report["imports"]] == [
        ("os�", "�")
    ]


def test_a_worker_that_is_lost_is_waited_for_and_then_replaced(sent):
    sent({"model.pkl": HARM})
    FileScan.objects.update(claimed_at=NOON, attempts=1)

    assert scans.scan_waiting(now=NOON + timedelta(minutes=14)) == 0
    assert scans.scan_waiting(now=NOON + timedelta(minutes=16)) > 0
    assert status_of(HARM) == ScanStatus.UNSAFE


def test_what_loses_its_worker_every_time_is_given_up(sent):
    sent({"model.pkl": HARM})
    FileScan.objects.update(attempts=scans.MOST_ATTEMPTS)

    scans.scan_waiting(now=NOON)

    row = FileScan.objects.get(blob=BlobFactory(content=HARM))
    assert row.status == ScanStatus.ERROR
    assert "three times" in row.report["fault"]


def test_bytes_that_are_not_there_are_told_as_an_error(sent):
    sent({"model.pkl": HARM})
    blob = BlobFactory(content=HARM)
    current_store().delete(blob.pk)

    scans.scan_waiting(now=NOON)

    assert security_of([blob.pk])[blob.pk].status == ScanStatus.ERROR


def test_a_new_scanner_looks_at_everything_again(sent):
    sent({"model.pkl": HARM})
    scans.scan_waiting(now=NOON)
    FileScan.objects.update(scanner="0 older", status=ScanStatus.SAFE)

    assert scans.requeue_outdated(now=NOON) == FileScan.objects.count()
    scans.scan_waiting(now=NOON)

    assert status_of(HARM) == ScanStatus.UNSAFE
    assert scans.requeue_outdated(now=NOON) == 0


def test_a_broker_that_is_down_does_not_stop_a_commit(monkeypatch, sent):
    def unreachable(_):
        raise scans.OperationalError("no broker")

    monkeypatch.setattr(scans.current_app, "send_task", unreachable)

    commit(RepositoryFactory(), {"model.pkl": HARM})

    assert status_of(HARM) == ScanStatus.QUEUED


@pytest.mark.parametrize("name", ["model.pkl", "model.onnx"])
def test_no_worker_loads_what_harms_whether_it_was_looked_into_or_not(name):
    harmful, harmless = BlobFactory(content=HARM), BlobFactory(content=HARMLESS)

    for _ in range(2):
        with pytest.raises(scans.UnsafeFile, match=r"os\.system"):
            scans.require_harmless(harmful, name=name, at=NOON)
    scans.require_harmless(harmless, name=name, at=NOON)

    assert security_of([harmful.pk])[harmful.pk].status == ScanStatus.UNSAFE


def test_what_its_scanner_cannot_look_into_is_not_loaded_however_often_it_is_tried():
    hiding = BlobFactory(content=b"7z\xbc\xaf\x27\x1c\x00\x04" + HARM)
    given_up = BlobFactory(content=HARM)
    lost = BlobFactory(content=HARMLESS)
    for blob in (given_up, lost):
        FileScan.objects.create(
            blob=blob,
            suffix=".pkl",
            status=ScanStatus.ERROR,
            report={"pickle": "ERROR"},
            queued_at=NOON,
            scanned_at=NOON,
        )

    with pytest.raises(scans.UnsafeFile, match="archives of 7-Zip are not opened"):
        scans.require_harmless(hiding, name="model.onnx", at=NOON)
    with pytest.raises(scans.UnsafeFile, match=r"os\.system"):
        scans.require_harmless(given_up, name="model.pkl", at=NOON)
    scans.require_harmless(lost, name="model.pkl", at=NOON)
    current_store().delete(hiding.pk)
    with pytest.raises(BlobUnavailable):
        scans.require_harmless(hiding, name="model.onnx", at=NOON)


def test_the_safety_of_many_files_takes_one_query(django_assert_num_queries):
    blobs = BlobFactory.create_batch(3)
    for blob in blobs:
        FileScan.objects.create(blob=blob, queued_at=NOON)

    with django_assert_num_queries(1):
        found = security_of([blob.pk for blob in blobs])

    assert found.keys() == {blob.pk for blob in blobs}
