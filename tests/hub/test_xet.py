"""Xet over HTTP: who is given a token, what it opens, and what is refused."""

import json
from base64 import urlsafe_b64encode
from io import BytesIO

import pytest
from django.test import Client
from django.utils import timezone

from marketplace.accounts.models import Role, Scope
from marketplace.catalog.models import Kind, Visibility
from marketplace.hub.xet import PURPOSE, Grant, token_for
from marketplace.kit.signing import sign_url
from marketplace.storage.models import XetFile, Xorb
from marketplace.storage.queries import (
    cache_generation,
    current_store,
    open_blob,
    possessed,
)
from marketplace.storage.xet.xorbs import BODY_BYTES
from tests.factories.accounts import (
    ApiTokenFactory,
    MembershipFactory,
    OrganisationFactory,
    UserFactory,
)
from tests.factories.catalog import RepositoryFactory
from tests.hub.conftest import put
from tests.hub.xet import FILE, HELLO, NOWHERE, Cas, given, token_path
from tests.storage.xet import vectors
from tests.storage.xet.building import BuiltFile, BuiltXorb, build_shard

pytestmark = pytest.mark.django_db


@pytest.fixture
def dataset():
    repository = RepositoryFactory(public=True, kind=Kind.DATASET, licence_id="MIT")
    put(repository, {"README.md": b"# Birds\n"})
    return repository


@pytest.fixture
def model():
    return RepositoryFactory(kind=Kind.MODEL, visibility=Visibility.PRIVATE)


@pytest.fixture
def owner(dataset):
    return dataset.created_by


@pytest.fixture
def cas(api, dataset, owner):
    return Cas(given(api(owner), dataset).json()["accessToken"])


def test_a_token_is_said_in_the_body_and_in_the_headers(api, dataset, owner):
    answer = given(api(owner), dataset)

    told = answer.json()
    assert answer.status_code == 200
    assert set(told) == {"casUrl", "accessToken", "exp"}
    assert told["casUrl"] == f"http://testserver/cas/{owner.username}/1"
    assert isinstance(told["exp"], int)
    left = told["exp"] - timezone.now().timestamp()
    assert 3500 < left <= 3600
    assert answer.headers["X-Xet-Cas-Url"] == told["casUrl"]
    assert answer.headers["X-Xet-Access-Token"] == told["accessToken"]
    assert answer.headers["X-Xet-Token-Expiration"] == str(told["exp"])
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("revision", ["main", "refs%2Fpr%2F1", "refs/heads/main"])
def test_a_token_is_given_whatever_way_a_branch_is_written(
    api, dataset, owner, revision
):
    assert given(api(owner), dataset, revision=revision).status_code == 200


def test_who_is_given_a_token_to_write(api, dataset):
    answer = given(api(), dataset)
    assert answer.status_code == 401
    stranger = api(UserFactory())

    assert given(stranger, dataset).status_code == 403
    assert given(stranger, dataset, query="?create_pr=1").status_code == 200
    assert given(stranger, dataset, revision="None", query="?create_pr=1").json()
    assert given(api(), dataset, query="?create_pr=1").status_code == 401


def test_of_a_private_repository_strangers_are_given_nothing(api, model):
    for client in (api(), api(UserFactory())):
        for scope in ("read", "write"):
            answer = given(client, model, scope, query="?create_pr=1")
            assert answer.status_code in {401, 404}
            assert answer.headers["X-Error-Code"] == "RepoNotFound"


def test_a_member_who_may_only_read_is_given_a_token_to_read(api, model):
    owner = UserFactory()
    organisation = OrganisationFactory(owner=owner)
    repository = RepositoryFactory(owner=owner, namespace=organisation.namespace)
    reader = MembershipFactory(organisation=organisation, role=Role.READER).user
    client = api(reader)

    assert given(client, repository, "read").status_code == 200
    assert given(client, repository, "write").status_code == 403


def test_an_api_token_that_may_only_read_is_given_none_to_write(client, dataset, owner):
    ApiTokenFactory(user=owner, secret="stoa_read", scopes=[Scope.READ])
    ApiTokenFactory(user=owner, secret="stoa_write", scopes=[Scope.REPO_WRITE])
    read, write = ({"Authorization": f"Bearer stoa_{a}"} for a in ("read", "write"))

    paths = token_path(dataset, "read"), token_path(dataset, "write")
    assert [client.get(path, headers=read).status_code for path in paths] == [200, 403]
    assert client.get(paths[1], headers=write).status_code == 200


def test_anybody_is_given_a_token_to_read_what_is_public(api, dataset):
    told = given(api(), dataset, "read").json()

    assert told["casUrl"] == "http://testserver/cas/anyone/1"
    refused = Cas(told["accessToken"]).send()
    assert refused.status_code == 403
    assert "for reading" in refused.json()["error"]


def test_a_file_is_sent_and_committed(cas, api, dataset, owner):
    assert cas.send().json() == {"was_inserted": True}
    assert cas.send().json() == {"was_inserted": False}
    assert cas.register().json() == {"result": 1}
    assert cas.register().json() == {"result": 0}

    assert set(possessed(owner, [vectors.HELLO_SHA256])) == {vectors.HELLO_SHA256}
    lines = [
        {"key": "header", "value": {"summary": "Add it", "description": ""}},
        {
            "key": "lfsFile",
            "value": {
                "path": "hello.bin",
                "algo": "sha256",
                "oid": vectors.HELLO_SHA256,
                "size": 12,
            },
        },
    ]
    answer = api(owner).generic(
        "POST",
        f"/api/datasets/{dataset}/commit/main",
        b"\n".join(json.dumps(line).encode() for line in lines),
        content_type="application/x-ndjson",
    )
    assert answer.status_code == 200, answer.content
    found = api(owner).head(f"/datasets/{dataset}/resolve/main/hello.bin")
    assert found.headers["ETag"] == f'"{vectors.HELLO_SHA256}"'
    with open_blob(vectors.HELLO_SHA256) as file:
        assert file.read() == vectors.HELLO


def test_what_waits_for_a_commit_is_no_more_than_a_namespace_may_have(cas, settings):
    cas.send()
    settings.STOA = settings.STOA.model_copy(update={"namespace_quota_bytes": 50})
    two, more = BuiltXorb([b"x" * 30]), BuiltXorb([b"y" * 10])

    assert cas.register().json() == {"result": 1}
    assert cas.send(two).status_code == 200
    assert cas.register(BuiltFile([two.term()]), xorbs=()).json() == {"result": 1}
    assert cas.send(more).status_code == 200
    refused = cas.register(BuiltFile([more.term()]), xorbs=())

    assert refused.status_code == 409
    assert "before you commit some" in refused.json()["error"]
    assert cas.register().json() == {"result": 0}


def test_what_one_sent_another_cannot_commit(cas, api):
    cas.send()
    cas.register()
    repository = RepositoryFactory(public=True)
    other = repository.created_by

    refused = Cas(given(api(other), repository).json()["accessToken"]).register()

    assert refused.status_code == 400
    assert "that this site does not have from you" in refused.json()["error"]
    assert possessed(other, [vectors.HELLO_SHA256]) == {}
    assert cache_generation(other) == 2
    told = given(api(other), repository).json()
    assert told["casUrl"].endswith(f"/cas/{other.username}/2")


def test_chunks_of_public_files_may_be_named_by_anybody(cas, api, dataset, owner):
    cas.send()
    cas.register()
    put(dataset, {"hello.bin": vectors.HELLO}, large={"hello.bin"})
    repository = RepositoryFactory(public=True)
    other = Cas(given(api(repository.created_by), repository).json()["accessToken"])

    assert other.register().status_code == 200

    taken = possessed(repository.created_by, [vectors.HELLO_SHA256])
    assert set(taken) == {vectors.HELLO_SHA256}


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        (f"/v1/xorbs/default/{NOWHERE}", HELLO.body, 400),
        ("/v1/xorbs/default/oops", HELLO.body, 400),
        (f"/v1/xorbs/default/{HELLO.hash}", HELLO.body + b"x", 400),
        ("/v1/shards", b"x" * 48, 400),
        ("/v1/shards", build_shard([FILE], footer=200), 400),
        ("/v1/shards", build_shard([FILE]), 400),
    ],
    ids=[
        "another hash",
        "no hash",
        "more",
        "no shard",
        "footer",
        "unknown",
    ],
)
def test_what_is_malformed_is_refused_in_a_sentence(cas, path, body, status):
    answer = cas.post(path, body)

    assert answer.status_code == status
    assert answer.json()["error"].endswith(".")
    assert answer.headers["X-Error-Message"]
    assert not Xorb.objects.exists()
    assert not XetFile.objects.exists()


@pytest.mark.parametrize(
    ("path", "limit"),
    [
        (f"/v1/xorbs/default/{HELLO.hash}", BODY_BYTES),
        ("/v1/shards", 72 * 2**20),
        ("/v2/shards", 72 * 2**20),
    ],
)
def test_bodies_that_are_too_long_or_of_no_length(cas, path, limit):
    too_long = cas.post(path, b"x", CONTENT_LENGTH=str(limit + 1))
    no_length = cas.post(path, b"x", CONTENT_LENGTH="")

    assert too_long.status_code == 413
    assert "at most" in too_long.json()["error"]
    assert no_length.status_code == 411
    assert not Xorb.objects.exists()


@pytest.mark.parametrize(
    ("path", "said"),
    [
        (f"/v1/xorbs/default/{HELLO.hash}", "The body has no chunk."),
        ("/v1/shards", "The shard ends before the header"),
    ],
)
def test_a_body_of_nothing(cas, path, said):
    answer = cas.post(path, b"", CONTENT_LENGTH="0")

    assert answer.status_code == 400
    assert said in answer.json()["error"]


def test_a_body_longer_than_any_form_is_taken(cas, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    xorb = BuiltXorb([vectors.NOISE[:100_000]])

    assert cas.send(xorb).json() == {"was_inserted": True}


def test_a_body_that_is_cut_off_is_refused(cas):
    path, cut = f"/v1/xorbs/default/{HELLO.hash}", BytesIO(HELLO.body[:-3])

    answer = cas.post(path, HELLO.body, **{"wsgi.input": cut})

    assert answer.status_code == 400
    assert "Expected 20 bytes, received 17" in answer.json()["error"]
    assert not Xorb.objects.exists()


def forged(**changed):
    said = {"user": "1", "repository": NOWHERE[:32], "revision": "main", **changed}
    signed = sign_url(PURPOSE, parameters=said, key="a guess", expires=2**40)
    return urlsafe_b64encode(signed.partition("?")[2].encode()).decode()


def test_only_a_token_of_ours_that_lives_opens_anything(dataset, owner, api):
    grant = Grant(dataset.pk, "main", "write")
    now = int(timezone.now().timestamp())
    secret = ApiTokenFactory(user=owner, secret="stoa_x", scopes=list(Scope)).digest
    minutes_ago = token_for(owner, grant, expires=now - 600)
    hour_ago = token_for(owner, grant, expires=now - 3600)
    gone = UserFactory(is_active=False)
    refused = [
        "",
        "x",
        "é",
        "stoa_x",
        secret,
        forged(),
        hour_ago,
        token_for(gone, grant, expires=now + 60),
    ]

    for token in refused:
        answer = Cas(token).send()
        assert answer.status_code == 401, token
        assert "Start the transfer again" in answer.json()["error"]
    assert Client().post(f"/cas/ada/1/v1/xorbs/default/{HELLO.hash}").status_code == 401
    assert not Xorb.objects.exists()
    assert Cas(minutes_ago).send().status_code == 200  # begun while it was good


def test_a_token_of_xet_is_none_of_the_sites(dataset, owner, api):
    token = given(api(owner), dataset).json()["accessToken"]

    answer = Client().get(
        "/api/whoami-v2", headers={"Authorization": f"Bearer {token}"}
    )

    assert answer.status_code == 401


def test_what_is_not_kept_is_said_without_asking_anything(django_assert_num_queries):
    nobody = Client()
    with django_assert_num_queries(0):
        answers = [
            nobody.get(f"/cas/ada/1/v1/chunks/default/{NOWHERE}"),
            nobody.get(f"/cas/ada/1/v1/chunks/default-merkledb/{NOWHERE}"),
            nobody.post(f"/cas/ada/1/v1/xorb-grants/default/{NOWHERE}", {"length": 1}),
            nobody.post(f"/cas/ada/1/v1/xorb-commits/default/{NOWHERE}/grant/1"),
            nobody.get("/cas/anything"),
        ]
        told = nobody.post("/v1/telemetry", {"a": 1})

    assert [answer.status_code for answer in answers] == [404] * 5
    assert told.status_code == 204


def test_probes_are_not_counted_against_anybody(settings):
    settings.REQUESTS_PER_MINUTE = {"anonymous": 1, "member": 1}
    nobody = Client()

    for _ in range(5):
        answer = nobody.get(f"/cas/ada/1/v1/chunks/default/{NOWHERE}")
        assert answer.status_code == 404


def lines_of(answer):
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/x-ndjson"
    return [json.loads(line) for line in b"".join(answer).splitlines()]


@pytest.mark.django_db(transaction=True)
def test_the_second_version_tells_how_it_goes(cas, owner):
    cas.send()

    first, last = lines_of(cas.register(version=2))

    assert first == {"type": "validating", "verified": 0, "total": 1}
    assert last == {"type": "result", "result": 1}
    assert set(possessed(owner, [vectors.HELLO_SHA256])) == {vectors.HELLO_SHA256}


@pytest.mark.django_db(transaction=True)
def test_the_second_version_tells_what_was_wrong(cas, owner):
    cas.send()
    lie = BuiltFile([HELLO.term()], sha256=bytes(32))

    *_, last = lines_of(cas.register(lie, version=2))

    assert last["type"] == "error"
    assert last["message"].startswith(f"sha256: expected {NOWHERE}")
    assert last["retryable"] is False
    assert possessed(owner, [NOWHERE, vectors.HELLO_SHA256]) == {}


@pytest.mark.django_db(transaction=True)
def test_the_second_version_says_what_may_work_later(cas, installed):
    installed()  # others that run beside this one send the same bytes to the shared store
    cas.send()
    body = Xorb.objects.get().body
    current_store().path(body.sha256).unlink()

    *_, last = lines_of(cas.register(version=2))

    assert last["retryable"] is True
    assert "Run the upload again" in last["message"]
    body.refresh_from_db()
    assert body.quarantined_at is not None
    assert cas.send().json() == {"was_inserted": True}
    *_, last = lines_of(cas.register(version=2))
    assert last["type"] == "result"
