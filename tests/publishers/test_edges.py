"""Publishers on their page, over the API, and at the door where jobs exchange tokens."""

import json
import uuid

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from marketplace.accounts.services import issue_token
from marketplace.catalog.models import Kind, Visibility
from marketplace.publishers.models import TrustedPublisher
from tests.factories.accounts import NOON
from tests.factories.catalog import RepositoryFactory
from tests.hub.conftest import put
from tests.publishers.issuer import SUBJECT
from tests.webhooks.receiver import OURSELVES

EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ID_TOKEN = "urn:ietf:params:oauth:token-type:id_token"


@pytest.fixture(autouse=True)
def networks(settings):
    networks = {"webhook_networks": OURSELVES}
    settings.STOA = settings.STOA.model_copy(update=networks)


@pytest.fixture
def api(ada):
    _, secret = issue_token(
        ada, label="x", scopes=["read", "repo:write"], expires_at=None, issued_at=NOON
    )
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    return client


def exchanged(client, token, **said):
    body = {
        "grant_type": EXCHANGE,
        "subject_token_type": ID_TOKEN,
        "subject_token": token,
        "resource": "datasets/ada/birds",
        **said,
    }
    return client.post("/oauth/token", body, format="json")


def now_token(issuer, **said):
    return issuer.token(at=timezone.now(), **said)


@pytest.fixture
def job(trust, issuer, repository):
    """A client with the token that a job was given."""
    put(repository, {"rows.csv": b"id\n1\n"})
    trust()
    answer = exchanged(APIClient(), now_token(issuer))
    assert answer.status_code == 200, answer.content
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {answer.json()['access_token']}")
    return client


def test_owners_manage_publishers_over_the_api(
    api, repository, settings, django_assert_num_queries
):
    where = "/api/v1/datasets/ada/birds/publishers"
    said = {"issuer": "https://gitlab.com", "subject": "project_path:ada/birds:*"}

    made = api.post(where, {**said, "claims": {"ref_protected": "true"}}, format="json")

    assert made.status_code == 201
    told = made.json()
    assert told["audience"] == settings.STOA.base_url
    assert told["claims"] == {"ref_protected": "true"}
    for _ in range(3):
        api.post(where, said, format="json")
    with django_assert_num_queries(4):
        assert len(api.get(where).json()["results"]) == 4
    refused = api.post(where, {**said, "subject": "*"}, format="json")
    assert (refused.status_code, refused.json()["code"]) == (400, "bad_subject")
    assert api.delete(f"{where}/{told['id']}").status_code == 204
    assert api.delete(f"{where}/{told['id']}").status_code == 404
    assert TrustedPublisher.objects.count() == 3


def test_owners_manage_publishers_on_a_page(client, ada, repository):
    client.force_login(ada)
    here = "/datasets/ada/birds/settings/publishers"
    said = {
        "issuer": "https://token.actions.githubusercontent.com",
        "subject": SUBJECT,
        "audience": "https://hub.example",
        "claims": "environment=release\n\nworkflow = Publish",
    }

    wrong = client.post(here, {**said, "claims": "environment"})
    assert "write each name once" in wrong.content.decode()
    assert client.post(here, {**said, "subject": "*"}).status_code == 200
    assert not TrustedPublisher.objects.exists()
    made = client.post(here, said)

    assert (made.status_code, made["Location"]) == (302, here)
    kept = TrustedPublisher.objects.get()
    assert kept.claims == {"environment": "release", "workflow": "Publish"}
    page = client.get(here).content.decode()
    assert SUBJECT in page
    assert "HF_OIDC_RESOURCE=datasets/ada/birds" in page
    assert here in client.get("/datasets/ada/birds/settings").content.decode()
    client.post(f"{here}/{kept.pk}/remove")
    assert not TrustedPublisher.objects.exists()


def test_the_answer_is_what_the_standard_asks_for(trust, issuer):
    trust()

    answer = exchanged(APIClient(), now_token(issuer))

    told = answer.json()
    assert told.pop("access_token").startswith("stoa_")
    assert told == {
        "issued_token_type": "urn:ietf:params:oauth:token-type:access_token",
        "token_type": "bearer",
        "expires_in": 3600,
        "scope": "read repo:write",
    }
    assert answer["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ({"resource": "ada"}, "invalid_target"),
        ({"resource": "spaces/ada/birds"}, "invalid_target"),
        ({"resource": "a/b/c/d"}, "invalid_target"),
        ({"resource": "datasets//"}, "invalid_target"),
        ({"resource": "ada/birds"}, "invalid_grant"),
        ({"resource": "datasets/ada/birds\0"}, "invalid_request"),
        ({"subject_token": "x"}, "invalid_grant"),
        ({"subject_token": "é.e30.x"}, "invalid_grant"),
        ({"subject_token": None}, "invalid_request"),
        ({"subject_token_type": "saml"}, "invalid_request"),
    ],
    ids=str,
)
def test_what_is_no_exchange_is_refused_in_the_standards_words(
    said, error, trust, issuer
):
    trust()

    answer = exchanged(APIClient(), **{"token": now_token(issuer), **renamed(said)})

    assert (answer.status_code, answer.json()["error"]) == (400, error)
    assert answer.json()["error_description"]


def renamed(said):
    return {
        {"subject_token": "token"}.get(key, key): value for key, value in said.items()
    }


def test_a_job_commits_to_its_repository(job, repository):
    lines = [
        {"key": "header", "value": {"summary": "Add"}},
        {"key": "file", "value": {"path": "more.csv", "content": "aWQK"}},
    ]
    body = "\n".join(map(json.dumps, lines)).encode()

    one = "/api/datasets/ada/birds"
    made = job.post(f"{one}/commit/main", body, content_type="application/x-ndjson")

    assert made.status_code == 200, made.content
    names = {each["path"] for each in job.get(f"{one}/tree/main").json()}
    assert names == {"more.csv", "rows.csv"}
    file = job.head("/datasets/ada/birds/resolve/main/rows.csv")
    assert (file.status_code, file["Content-Length"]) == (200, "5")
    who = job.get("/api/whoami-v2").json()
    assert (who["name"], who["auth"]["accessToken"]["role"]) == ("ada", "write")


def test_making_the_repository_it_has_is_answered_as_made(job):
    said = {"name": "birds", "organization": "ada", "type": "dataset"}

    there = job.post("/api/repos/create", said, format="json")
    other = job.post("/api/repos/create", {**said, "name": "more"}, format="json")

    assert there.status_code == 409
    assert there.json()["url"] == "http://testserver/datasets/ada/birds"
    assert other.status_code == 403


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", "/api/v1/account"),
        ("get", "/api/v1/datasets"),
        ("get", "/api/v1/datasets/ada/birds"),
        ("post", "/api/v1/tokens"),
        ("put", "/api/datasets/ada/birds/settings"),
        ("delete", "/api/repos/delete"),
        ("post", "/api/repos/move"),
        ("post", "/api/datasets/ada/birds/super-squash/main"),
        ("get", "/api/settings/webhooks"),
        ("get", "/api/v1/datasets/ada/birds/publishers"),
    ],
)
def test_a_jobs_token_is_good_for_nothing_else(method, path, job):
    answer = getattr(job, method)(path, {}, format="json")

    assert answer.status_code == 403
    said = answer.headers.get("X-Error-Message") or answer.json()["detail"]
    assert "for committing to one repository" in said


def test_elsewhere_a_job_is_nobody_and_changes_nothing(job, ada):
    hidden = RepositoryFactory(owner=ada, name="nests", kind=Kind.DATASET)
    shown = RepositoryFactory(owner=ada, name="wings", kind=Kind.DATASET, public=True)
    for repository in (hidden, shown):
        put(repository, {"rows.csv": b"x"}, large={"rows.csv"})

    assert job.get("/api/datasets/ada/nests").status_code == 401
    assert job.head("/datasets/ada/nests/resolve/main/rows.csv").status_code == 401
    assert job.get("/api/datasets/ada/wings").status_code == 200
    assert job.head("/datasets/ada/wings/resolve/main/rows.csv").status_code == 200
    paths = {"paths": ["rows.csv"]}
    found = job.post("/api/datasets/ada/wings/paths-info/main", paths, format="json")
    assert len(found.json()) == 1
    refused = job.post("/api/datasets/ada/wings/branch/dev", {}, format="json")
    assert refused.status_code == 403
    assert hidden.visibility == Visibility.PRIVATE


def test_a_job_names_no_content_that_is_its_users_elsewhere(job, ada, repository):
    hidden = RepositoryFactory(owner=ada, name="nests", kind=Kind.DATASET)
    put(hidden, {"eggs.bin": b"secret"}, large={"eggs.bin"})
    shown = RepositoryFactory(owner=ada, name="wings", kind=Kind.DATASET, public=True)
    put(shown, {"wing.bin": b"known"}, large={"wing.bin"})
    [eggs] = hidden.entries.filter(name="eggs.bin")
    [wing] = shown.entries.filter(name="wing.bin")

    def named(entry):
        lines = [
            {"key": "header", "value": {"summary": "Take"}},
            {"key": "lfsFile", "value": {"path": "taken.bin", "oid": entry.blob_id}},
        ]
        return job.post(
            "/api/datasets/ada/birds/commit/main",
            "\n".join(map(json.dumps, lines)).encode(),
            content_type="application/x-ndjson",
        )

    assert named(eggs).status_code == 400
    assert not repository.entries.filter(name="taken.bin").exists()
    assert named(wing).status_code == 200
    batch = job.post(
        "/datasets/ada/birds.git/info/lfs/objects/batch",
        {
            "operation": "upload",
            "transfers": ["basic"],
            "objects": [
                {"oid": each.blob_id, "size": each.size_bytes} for each in (eggs, wing)
            ],
        },
        format="json",
    )
    told = {each["oid"]: "actions" in each for each in batch.json()["objects"]}
    assert told == {eggs.blob_id: True, wing.blob_id: False}


def test_there_is_no_such_publisher(api, repository):
    where = "/api/v1/datasets/ada/birds/publishers"

    assert api.delete(f"{where}/{uuid.uuid4()}").status_code == 404
