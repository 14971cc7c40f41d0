"""Xet over HTTP: who is given a token, what it opens, and what is refused."""

import hashlib
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
from marketplace.storage.models import Blob, XetFile, Xorb
from marketplace.storage.queries import (
    cache_generation,
    current_store,
    open_blob,
    possessed,
)
from marketplace.storage.services import verify_blob
from marketplace.storage.xet.blocks import BLOCK_BYTES, RECORD_BYTES
from marketplace.storage.xet.xorbs import BODY_BYTES, CHUNK_BYTES, HEADER_BYTES
from tests.factories.accounts import (
    ApiTokenFactory,
    MembershipFactory,
    OrganisationFactory,
    UserFactory,
)
from tests.factories.catalog import RepositoryFactory
from tests.hub.conftest import put
from tests.storage.xet import vectors
from tests.storage.xet.building import BuiltFile, BuiltXorb, build_shard

pytestmark = pytest.mark.django_db
HELLO = BuiltXorb([vectors.HELLO])
FILE = BuiltFile([HELLO.term()])
NOWHERE = "0" * 64


def token_path(repository, scope="write", revision="main"):
    return f"/api/{repository.plural}/{repository}/xet-{scope}-token/{revision}"


def given(client, repository, scope="write", revision="main", query=""):
    return client.get(token_path(repository, scope, revision) + query)


class Cas:
    """A client of Xet with one token, as the real one asks: no type, no cookie."""

    def __init__(self, token, url="/cas/ada/1"):
        self.client, self.url = Client(), url
        self.headers = {"HTTP_AUTHORIZATION": f"Bearer {token}"}

    def post(self, path, body=b"", **headers):
        return self.client.generic(
            "POST", self.url + path, body, content_type="", **self.headers, **headers
        )

    def get(self, path, **headers):
        return self.client.get(self.url + path, **self.headers, headers=headers)

    def send(self, xorb=HELLO, body=None, name=None):
        body = xorb.body if body is None else body
        return self.post(f"/v1/xorbs/default/{name or xorb.hash}", body)

    def register(self, *files, xorbs=(HELLO,), version=1):
        return self.post(f"/v{version}/shards", build_shard(files or [FILE], xorbs))


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
def test_the_second_version_says_what_may_work_later(cas, tmp_path):
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


# Large files on their way out


@pytest.fixture
def huge(settings):
    """Let every file be a huge one."""
    settings.STOA = settings.STOA.model_copy(update={"xet_download_bytes": 0})


BIG = vectors.NOISE * 3 + b"and a bit"


@pytest.fixture
def big(dataset):
    put(dataset, {"big.bin": BIG}, large={"big.bin"})
    return hashlib.sha256(BIG).hexdigest()


def test_only_files_that_clients_refuse_by_http_are_offered(api, dataset, big):
    answer = api().head(f"/datasets/{dataset}/resolve/main/big.bin")

    assert "X-Xet-Hash" not in answer.headers
    assert "Link" not in answer.headers


def test_a_huge_file_is_offered_with_where_to_get_a_token(api, dataset, big, huge):
    answer = api().head(f"/datasets/{dataset}/resolve/main/big.bin")

    route = answer.headers["X-Xet-Refresh-Route"]
    commit = answer.headers["X-Repo-Commit"]
    assert answer.headers["X-Xet-Hash"] == big
    assert route == (
        f"http://testserver/api/datasets/{dataset}/xet-read-token/{commit}"
    )
    assert answer.headers["Link"] == f'<{route}>; rel="xet-auth"'
    assert api().get(route).json()["accessToken"]


def reader_of(api, repository, user=None):
    return Cas(given(api(user), repository, "read").json()["accessToken"])


def rebuilt(told, places):
    """Return the bytes that a client makes of an answer, and check what it checks."""
    content = b""
    for term in told["terms"]:
        url, first, start, end = places[term["hash"]]
        assert first == term["range"]["start"]
        answer = Client().get(
            url.removeprefix("http://testserver"),
            headers={"Range": f"bytes={start}-{end}"},
        )
        assert answer.status_code == 206
        body = b"".join(answer)
        assert len(body) == end - start + 1 == int(answer.headers["Content-Length"])
        chunks = []
        while body:
            size = int.from_bytes(body[5:8], "little")
            assert body[:8] == bytes([0, *body[5:8], 0, *body[5:8]])
            chunks.append(body[8 : 8 + size])
            body = body[8 + size :]
        assert len(chunks) == term["range"]["end"] - first
        assert len(b"".join(chunks)) == term["unpacked_length"]
        content += b"".join(chunks)
    return content[told["offset_into_first_range"] :]


def places_in_v1(told):
    return {
        name: (
            one["url"],
            one["range"]["start"],
            one["url_range"]["start"],
            one["url_range"]["end"],
        )
        for name, [one] in told["fetch_info"].items()
    }


def places_in_v2(told):
    return {
        name: (
            one["url"],
            one["ranges"][0]["chunks"]["start"],
            one["ranges"][0]["bytes"]["start"],
            one["ranges"][0]["bytes"]["end"],
        )
        for name, [one] in told["xorbs"].items()
    }


RANGES = {
    None: BIG,
    "bytes=0-": BIG,
    "bytes=0-0": BIG[:1],
    "bytes=100-1000000": BIG[100:1_000_001],
    f"bytes={CHUNK_BYTES - 1}-{CHUNK_BYTES}": BIG[CHUNK_BYTES - 1 : CHUNK_BYTES + 1],
    f"bytes={CHUNK_BYTES}-{CHUNK_BYTES}": BIG[CHUNK_BYTES : CHUNK_BYTES + 1],
    f"bytes={len(BIG) - 1}-99999999999": BIG[-1:],
}


@pytest.mark.parametrize("asked", RANGES, ids=str)
@pytest.mark.parametrize("version", [1, 2])
def test_any_range_of_a_file_is_put_together(api, dataset, big, version, asked):
    cas = reader_of(api, dataset)
    headers = {"Range": asked} if asked else {}

    answer = cas.get(f"/v{version}/reconstructions/{big}", **headers)

    assert answer.status_code == 200
    told = answer.json()
    places = places_in_v1(told) if version == 1 else places_in_v2(told)
    content = rebuilt(told, places)
    assert content[: len(RANGES[asked])] == RANGES[asked]
    assert len(content) - len(RANGES[asked]) < CHUNK_BYTES


def test_past_the_end_there_is_nothing(api, dataset, big):
    cas = reader_of(api, dataset)

    answer = cas.get(f"/v2/reconstructions/{big}", Range=f"bytes={len(BIG)}-")

    assert answer.status_code == 416


def test_a_file_sent_by_xet_is_known_by_its_own_hash_too(cas, api, dataset):
    cas.send()
    cas.register()
    put(dataset, {"hello.bin": vectors.HELLO}, large={"hello.bin"})

    told = reader_of(api, dataset).get(f"/v2/reconstructions/{vectors.HELLO_FILE}")

    assert rebuilt(told.json(), places_in_v2(told.json())) == vectors.HELLO


def test_a_token_opens_files_of_its_own_repository_alone(api, dataset, model, big):
    put(model, {"secret.bin": b"of the model alone"}, large={"secret.bin"})
    secret = hashlib.sha256(b"of the model alone").hexdigest()
    owner = model.created_by

    assert reader_of(api, model, owner).get(f"/v2/reconstructions/{secret}").json()
    refused = [
        reader_of(api, dataset).get(f"/v2/reconstructions/{secret}"),
        reader_of(api, dataset, owner).get(f"/v2/reconstructions/{secret}"),
        reader_of(api, model, owner).get(f"/v2/reconstructions/{big}"),
        reader_of(api, dataset).get(f"/v2/reconstructions/{NOWHERE}"),
        reader_of(api, dataset).get("/v2/reconstructions/oops"),
    ]
    assert [answer.status_code for answer in refused] == [404] * 5


def test_who_loses_a_repository_loses_its_files_with_the_token(api, dataset, big):
    cas = reader_of(api, dataset)
    dataset.visibility = Visibility.PRIVATE
    dataset.save(update_fields=["visibility"])

    assert cas.get(f"/v2/reconstructions/{big}").status_code == 404


def test_the_address_of_a_block_cannot_be_altered_nor_kept(api, dataset, big):
    told = reader_of(api, dataset).get(f"/v2/reconstructions/{big}").json()
    [(url, *_)] = places_in_v2(told).values()
    path = url.removeprefix("http://testserver")
    other = hashlib.sha256(b"another").hexdigest()
    old = sign_url(
        path.partition("?")[0],
        parameters={"size": str(len(BIG))},
        key="another key",
        expires=2**40,
    )

    for wrong in (
        path.replace(big, other),
        path.replace(f"size={len(BIG)}", "size=99999999"),
        path.partition("?")[0],
        path.replace("/0?", "/1?"),
        old,
    ):
        assert Client().get(wrong).status_code == 403
    assert b"".join(Client().get(path))[:8] == b"\0\0\0\2\0\0\0\2"


def test_what_is_in_quarantine_is_not_given(api, dataset, big):
    blob = Blob.objects.get(pk=big)
    current_store().path(big).unlink()
    assert not verify_blob(blob, verified_at=timezone.now())

    answer = reader_of(api, dataset).get(f"/v2/reconstructions/{big}")

    assert answer.status_code == 404


def test_blocks_are_of_512_chunks_and_their_headers():
    assert BLOCK_BYTES == 512 * CHUNK_BYTES
    assert RECORD_BYTES == CHUNK_BYTES + HEADER_BYTES
