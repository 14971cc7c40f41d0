"""What scans found, as clients read it, and on the file's page."""

import pytest

from marketplace.catalog.models import FileScan
from marketplace.catalog.services import scans
from tests.factories.accounts import NOON
from tests.factories.catalog import RepositoryFactory, commit

pytestmark = pytest.mark.django_db
HARM = b"\x80\x02cos\nsystem\n(S'echo harm'\ntR."
FILES = {"model.pkl": HARM, "rows.csv": "a,b\n", "key.txt": "AKIA" + "Q" * 16}


@pytest.fixture
def dataset():
    repository = RepositoryFactory(public=True)
    commit(repository, FILES)
    return repository


def told(api, repository, path="main?expand=true") -> dict:
    answer = api().get(f"/api/datasets/{repository}/tree/{path}")
    assert answer.status_code == 200
    return {each["path"]: each.get("securityFileStatus") for each in answer.json()}


def test_what_was_found_is_told_of_each_file(api, dataset):
    scans.scan_waiting(now=NOON)

    found = told(api, dataset)

    assert {path: status["status"] for path, status in found.items()} == {
        "model.pkl": "unsafe",
        "rows.csv": "safe",
        "key.txt": "suspicious",
    }
    assert found["model.pkl"] == {
        "status": "unsafe",
        "avScan": {"status": "safe", "virusFound": False, "virusNames": None},
        "pickleImportScan": {
            "status": "unsafe",
            "highestSafetyLevel": "dangerous",
            "pickleImports": [
                {"module": "os", "name": "system", "safety": "dangerous"}
            ],
        },
    }


def test_what_waits_is_told_as_queued_with_every_part_that_clients_need(api, dataset):
    found = told(api, dataset)["model.pkl"]

    assert found["status"] == found["avScan"]["status"] == "queued"
    assert found["pickleImportScan"]["status"] == "queued"


def test_what_was_never_queued_says_nothing(api, dataset):
    FileScan.objects.all().delete()

    assert set(told(api, dataset).values()) == {None}
    assert set(told(api, dataset, path="main").values()) == {None}


def test_the_page_of_a_file_says_what_was_found(client, dataset):
    scans.scan_waiting(now=NOON)

    page = client.get(f"/datasets/{dataset}/blob/main/model.pkl").content.decode()
    key = client.get(f"/datasets/{dataset}/blob/main/key.txt").content.decode()

    assert "Harms whoever loads it" in page
    assert "<code>os.system</code> dangerous" in page
    assert "Line 1 looks like a secret: AWS access key" in key
