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


def repository_told(api, repository) -> dict:
    answer = api().get(f"/api/datasets/{repository}?securityStatus=True")
    return answer.json()["securityRepoStatus"]


def test_of_a_repository_the_files_with_findings_are_told(api, dataset):
    assert repository_told(api, dataset) == {"scansDone": False, "filesWithIssues": []}

    scans.scan_waiting(now=NOON)

    assert repository_told(api, dataset) == {
        "scansDone": True,
        "filesWithIssues": [
            {"path": "key.txt", "level": "suspicious"},
            {"path": "model.pkl", "level": "unsafe"},
        ],
    }
    FileScan.objects.filter(status="SAFE").delete()
    assert repository_told(api, dataset)["scansDone"] is False
    empty = RepositoryFactory(public=True)
    assert repository_told(api, empty) == {"scansDone": True, "filesWithIssues": []}
    assert "securityRepoStatus" not in api().get(f"/api/datasets/{dataset}").json()


def badge_of(client, repository) -> str:
    page = client.get(f"/datasets/{repository}").content.decode()
    assert f'hx-get="/datasets/{repository}/safety"' in page
    answer = client.get(
        f"/datasets/{repository}/safety", headers={"HX-Request": "true"}
    )
    return answer.content.decode()


def test_the_page_has_a_badge_that_leads_to_the_findings(client, dataset):
    assert "Scan under way" in badge_of(client, dataset)
    scans.scan_waiting(now=NOON)
    assert "badge--bad" in (badge := badge_of(client, dataset))
    assert "2 files with findings" in badge
    assert f'href="/datasets/{dataset}/safety"' in badge

    page = client.get(f"/datasets/{dataset}/safety").content.decode()
    assert f'href="/datasets/{dataset}/blob/main/model.pkl"' in page
    assert "Harms whoever loads it" in page
    assert "Look before you load it" in page
    assert "rows.csv" not in page

    commit(dataset, {"model.pkl": None, "key.txt": None})
    assert "No findings" in badge_of(client, dataset)
    assert "No findings" in client.get(f"/datasets/{dataset}/safety").content.decode()


@pytest.mark.parametrize("many", [1, 20])
def test_the_list_of_findings_takes_the_same_queries_for_one_or_twenty(
    client, django_assert_num_queries, many
):
    repository = RepositoryFactory(public=True)
    commit(repository, {f"{n}.pkl": HARM for n in range(many)})
    scans.scan_waiting(now=NOON)

    # the repository, its newest version, the counts, the files
    with django_assert_num_queries(4):
        client.get(f"/datasets/{repository}/safety")


def test_the_page_of_a_file_says_what_was_found(client, dataset):
    scans.scan_waiting(now=NOON)

    page = client.get(f"/datasets/{dataset}/blob/main/model.pkl").content.decode()
    key = client.get(f"/datasets/{dataset}/blob/main/key.txt").content.decode()

    assert "Harms whoever loads it" in page
    assert "<code>os.system</code> dangerous" in page
    assert "Line 1 looks like a secret: AWS access key" in key
