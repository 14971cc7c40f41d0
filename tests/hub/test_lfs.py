"""Large files over Git LFS: where they go, who may send them, what is said of them."""

import hashlib
import json
from urllib.parse import urlsplit

import pytest
import urllib3
from rest_framework.test import APIClient

from marketplace.catalog.models import Gating, Repository, Visibility
from marketplace.config.env import Environment
from marketplace.hub.transfers import ADDRESSES_LIVE
from marketplace.storage.models import Blob, Possession, Upload
from marketplace.storage.queries import current_store, possessed
from tests.factories.accounts import ApiTokenFactory, UserFactory
from tests.factories.catalog import RepositoryFactory, commit
from tests.hub.sending import client_of, large, send, sent_by, sha256
from tests.servers import s3

pytestmark = pytest.mark.django_db
LFS = "application/vnd.git-lfs+json"
CONTENT = b"0123456789abcdef" * 5000
SECRET = "for tests alone, and long enough to sign with"


@pytest.fixture(scope="module")
def s3_server():
    with s3() as server:
        yield server


@pytest.fixture
def on_s3(settings, tmp_path, s3_server):
    settings.STOA = Environment(
        data_dir=tmp_path, secret_key=SECRET, storage_url=s3_server.url
    )


@pytest.fixture
def repository():
    return RepositoryFactory(visibility=Visibility.PUBLIC)


@pytest.fixture
def owner(repository):
    return client_of(repository.created_by)


def batch(client, repository, *objects, operation="upload", **said):
    prefix = "datasets/" if repository.plural == "datasets" else ""
    return client.generic(
        "POST",
        f"/{prefix}{repository}.git/info/lfs/objects/batch",
        json.dumps(
            {
                "operation": operation,
                "transfers": ["basic", "multipart"],
                "objects": [
                    {"oid": sha256(each), "size": len(each)}
                    if isinstance(each, bytes)
                    else each
                    for each in objects
                ],
                "hash_algo": "sha256",
                **said,
            }
        ),
        content_type=LFS,
        HTTP_ACCEPT=LFS,
    )


def told(answer):
    assert answer.status_code == 200, answer.content
    return json.loads(answer.content)["objects"]


def put(url, content, **rest):
    """Send bytes to an address as a client does that has nothing but the address."""
    parts = urlsplit(url)
    assert parts.netloc == "testserver"
    return APIClient().generic(
        "PUT",
        f"{parts.path}?{parts.query}",
        content,
        content_type="application/octet-stream",
        **rest,
    )


def post(url, body=None):
    parts = urlsplit(url)
    return APIClient().generic(
        "POST", f"{parts.path}?{parts.query}", json.dumps(body), content_type=LFS
    )


def test_a_file_is_sent_whole_verified_and_committed(repository, owner):
    [object_] = told(batch(owner, repository, CONTENT))
    assert (object_["oid"], object_["size"]) == (sha256(CONTENT), len(CONTENT))
    sent = put(object_["actions"]["upload"]["href"], CONTENT)
    assert sent.status_code == 200
    assert sent["ETag"].strip('"')
    verify = urlsplit(object_["actions"]["verify"]["href"]).path
    said = {"oid": sha256(CONTENT), "size": len(CONTENT)}
    assert owner.post(verify, said, format="json").status_code == 200

    assert send(owner, repository, large("a.bin", CONTENT)).status_code == 200
    with current_store().open(sha256(CONTENT)) as file:
        assert file.read() == CONTENT


def test_what_one_has_sent_is_not_sent_again(repository, owner):
    sent_by(repository.created_by, CONTENT)
    assert told(batch(owner, repository, CONTENT)) == [
        {"oid": sha256(CONTENT), "size": len(CONTENT)}
    ]


def test_nothing_is_said_to_be_here_that_one_may_not_read(repository, owner):
    hidden = RepositoryFactory()
    commit(hidden, {"a.bin": CONTENT})
    [object_] = told(batch(owner, repository, CONTENT))
    assert "actions" in object_

    Repository.objects.filter(pk=hidden.pk).update(visibility=Visibility.PUBLIC)
    assert "actions" not in told(batch(owner, repository, CONTENT))[0]
    Repository.objects.filter(pk=hidden.pk).update(gating=Gating.MANUAL)
    assert "actions" in told(batch(owner, repository, CONTENT))[0]


def test_other_bytes_than_announced_are_refused_and_not_kept(repository, owner):
    [object_] = told(batch(owner, repository, CONTENT))
    href = object_["actions"]["upload"]["href"]
    wrong = bytes(len(CONTENT))
    answers = [put(href, wrong), put(href, CONTENT[:-1]), put(href, CONTENT + b"1")]

    assert [answer.status_code for answer in answers] == [400, 400, 400]
    assert "sha256: expected" in json.loads(answers[0].content)["message"]
    assert not Blob.objects.filter(pk__in=[sha256(wrong), sha256(CONTENT)]).exists()
    assert not Possession.objects.exists()
    assert put(href, CONTENT).status_code == 200


def test_an_address_is_good_for_its_own_content_and_sender_alone(repository, owner):
    [object_] = told(batch(owner, repository, CONTENT))
    href = object_["actions"]["upload"]["href"]
    other = UserFactory()
    for altered in (
        href.replace(sha256(CONTENT), sha256(b"x")),
        href.replace(f"user={repository.created_by.pk}", f"user={other.pk}"),
        href.replace(f"size={len(CONTENT)}", "size=1"),
        href.replace("expires=", "expires=9"),
        href.partition("?")[0],
        href + "0",
        href + "&%ff=1",
    ):
        answer = put(altered, CONTENT)
        assert answer.status_code == 401
        assert "too old or was altered" in json.loads(answer.content)["message"]
    assert not Blob.objects.filter(pk=sha256(CONTENT)).exists()

    repository.created_by.is_active = False
    repository.created_by.save(update_fields=["is_active"])
    assert put(href, CONTENT).status_code == 401


def test_an_address_does_not_live_for_ever(repository, owner, monkeypatch):
    monkeypatch.setattr("marketplace.hub.transfers.ADDRESSES_LIVE", -ADDRESSES_LIVE)
    [object_] = told(batch(owner, repository, CONTENT))
    assert put(object_["actions"]["upload"]["href"], CONTENT).status_code == 401


def by_parts(client, repository, content):
    [object_] = told(batch(client, repository, content, transfers=["multipart"]))
    upload = object_["actions"]["upload"]
    size = int(upload["header"]["chunk_size"])
    urls = {int(key): url for key, url in upload["header"].items() if key.isdigit()}
    assert sorted(urls) == list(range(1, -(-len(content) // size) + 1))
    parts = {
        number: content[(number - 1) * size : number * size] for number in sorted(urls)
    }
    return upload["href"], urls, parts


def test_a_long_file_comes_by_parts(repository, owner):
    href, urls, parts = by_parts(owner, repository, CONTENT)
    early = post(href, {"oid": sha256(CONTENT), "parts": []})
    assert early.status_code == 409
    assert "missing parts" in json.loads(early.content)["message"]
    for number, part in parts.items():
        assert put(urls[number], part + b"1").status_code in {400, 413}
        assert put(urls[number], part)["ETag"]
    for _ in range(2):  # the reply may be lost
        assert post(href, {"oid": sha256(CONTENT), "parts": []}).status_code == 200

    assert sha256(CONTENT) in possessed(repository.created_by, [sha256(CONTENT)])
    assert send(owner, repository, large("a.bin", CONTENT)).status_code == 200


def test_asked_again_an_upload_goes_on_and_says_what_has_arrived(repository, owner):
    first, urls, parts = by_parts(owner, repository, CONTENT)
    for number, part in parts.items():
        put(urls[number], part)
    [object_] = told(batch(owner, repository, CONTENT, transfers=["multipart"]))
    again = object_["actions"]["upload"]

    assert Upload.objects.count() == 1
    assert urlsplit(first).path == urlsplit(again["href"]).path
    assert again["arrived"] == sorted(parts)
    assert post(first).status_code == 200


def test_parts_of_something_else_are_refused_at_the_end(repository, owner):
    href, urls, parts = by_parts(owner, repository, CONTENT)
    for number, part in parts.items():
        put(urls[number], bytes(len(part)))
    answer = post(href)

    assert answer.status_code == 400
    assert "sha256: expected" in json.loads(answer.content)["message"]
    assert not Blob.objects.filter(pk=sha256(CONTENT)).exists()
    assert post(href).status_code == 409


def test_on_s3_bytes_go_there_and_never_through_the_site(on_s3, repository, owner):
    content = b"straight to S3" * 100_000
    href, urls, parts = by_parts(owner, repository, content)
    for number, part in parts.items():
        assert urlsplit(urls[number]).netloc != "testserver"
        sent = urllib3.request("PUT", urls[number], body=part)
        assert sent.status == 200
        assert sent.headers["ETag"]
        longer = urllib3.request("PUT", urls[number], body=part + b"1")
        assert longer.status == 403
    assert post(href).status_code == 200

    assert send(owner, repository, large("a.bin", content)).status_code == 200
    with current_store().open(sha256(content)) as file:
        assert hashlib.file_digest(file, "sha256").hexdigest() == sha256(content)


def test_on_s3_small_files_come_by_the_site_and_long_ones_do_not(
    on_s3, repository, owner
):
    small, long = told(
        batch(owner, repository, CONTENT, {"oid": "a" * 64, "size": 9 * 2**20})
    )
    assert "header" not in small["actions"]["upload"]
    assert put(small["actions"]["upload"]["href"], CONTENT).status_code == 200
    assert int(long["actions"]["upload"]["header"]["chunk_size"]) > 0


def test_on_s3_other_bytes_are_not_kept_either(on_s3, repository, owner):
    href, urls, parts = by_parts(owner, repository, CONTENT)
    for number, part in parts.items():
        urllib3.request("PUT", urls[number], body=bytes(len(part)))
    assert post(href).status_code == 400
    assert not Blob.objects.filter(pk=sha256(CONTENT)).exists()


def test_git_takes_files_by_the_same_address(repository, owner):
    commit(repository, {"a.bin": CONTENT})
    nobody = client_of()
    here, absent = told(
        batch(
            nobody,
            repository,
            CONTENT,
            b"not here",
            operation="download",
            transfers=["basic"],
        )
    )
    assert "/blobs/" + sha256(CONTENT) in here["actions"]["download"]["href"]
    assert absent["error"]["code"] == 404

    Repository.objects.filter(pk=repository.pk).update(gating=Gating.MANUAL)
    refused = batch(nobody, repository, CONTENT, operation="download")
    assert refused.status_code == 401
    assert refused["X-Error-Code"] == "GatedRepo"


def test_who_may_propose_may_send(repository):
    commit(repository, {"a.txt": "1"})
    client = client_of(UserFactory())
    assert "actions" in told(batch(client, repository, CONTENT))[0]
    assert batch(client_of(), repository, CONTENT).status_code == 401
    hidden = batch(client, RepositoryFactory(), CONTENT)
    assert hidden.status_code == 404
    assert hidden["X-Error-Code"] == "RepoNotFound"


def test_a_token_that_only_reads_sends_nothing(repository):
    token = ApiTokenFactory(
        user=repository.created_by, secret="stoa_reader", scopes=["read"]
    )
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION="Bearer stoa_reader")
    assert batch(client, repository, CONTENT).status_code == 403
    assert batch(client, repository, CONTENT, operation="download").status_code == 200
    assert token.user == repository.created_by


def test_each_object_is_refused_for_itself(repository, owner, settings):
    settings.STOA = settings.STOA.model_copy(update={"max_upload_bytes": 10**6})
    good, odd, huge = told(
        batch(
            owner,
            repository,
            CONTENT,
            {"oid": "no digest", "size": 1},
            {"oid": "b" * 64, "size": 10**7},
        )
    )
    assert "actions" in good
    assert odd["error"]["code"] == 400
    assert huge["error"] == {
        "code": 413,
        "message": "size: 10,000,000 is over the limit of 1,000,000 bytes.",
    }


def test_what_there_is_no_room_for_is_refused_before_it_is_sent(
    repository, owner, settings
):
    settings.STOA = settings.STOA.model_copy(update={"namespace_quota_bytes": 1000})
    answer = batch(owner, repository, CONTENT)

    assert answer.status_code == 413
    assert "of 1,000 bytes" in json.loads(answer.content)["message"]
    assert answer["Content-Type"] == LFS


def test_what_is_never_committed_is_not_sent_without_end(repository, owner, settings):
    content, another = CONTENT * 15, CONTENT * 14
    quota = {"namespace_quota_bytes": len(content) + 10}
    settings.STOA = settings.STOA.model_copy(update=quota)
    addresses = [
        told(batch(owner, repository, each))[0]["actions"]["upload"]["href"]
        for each in (content, another)
    ]
    assert put(addresses[0], content).status_code == 200
    assert put(addresses[0], content).status_code == 200  # its reply may be lost
    assert put(addresses[1], another).status_code == 413
    refused = batch(owner, repository, b"one more of them")
    assert refused.status_code == 413
    assert "Commit what you sent" in json.loads(refused.content)["message"]

    assert send(owner, repository, large("a.bin", content)).status_code == 200
    assert put(addresses[1], another).status_code == 200


@pytest.mark.parametrize(
    "said",
    [
        {"operation": "delete"},
        {"operation": None},
        {"objects": None},
        {"objects": {}},
        {"objects": [1]},
        {"objects": [{"oid": "a" * 64}]},
        {"objects": [{"oid": "a" * 64, "size": -1}]},
        {"objects": [{"oid": "a" * 64, "size": "many"}]},
        {"objects": [{"oid": ["a"], "size": 1}]},
        {"objects": [{"oid": "a" * 64, "size": 10**40}]},
        {"objects": [{"oid": "a" * 64, "size": 1}] * 1001},
        {"transfers": "basic"},
        {"hash_algo": "md5"},
    ],
    ids=lambda said: str(said)[:50],
)
def test_a_batch_that_means_nothing_is_refused(repository, owner, said):
    answer = batch(owner, repository, CONTENT, **said)

    assert answer.status_code == 400
    assert json.loads(answer.content)["message"]


def test_nobody_learns_by_verifying_what_others_sent(repository, owner):
    stranger = UserFactory()
    sent_by(stranger, CONTENT)
    path = f"/datasets/{repository}.git/info/lfs/objects/verify"
    said = {"oid": sha256(CONTENT), "size": len(CONTENT)}
    assert owner.post(path, said, format="json").status_code == 404
    assert owner.post(path, {"oid": "a", "size": 1}, format="json").status_code == 404
    wrong = {**said, "size": 1}
    mine = client_of(stranger)
    assert mine.post(path, said, format="json").status_code == 200
    assert mine.post(path, wrong, format="json").status_code == 404


def test_a_batch_costs_a_fixed_number_of_queries(
    repository, owner, django_assert_max_num_queries
):
    for count in (1, 200):
        contents = [b"%d" % number for number in range(count)]
        with django_assert_max_num_queries(12):
            assert len(told(batch(owner, repository, *contents))) == count
