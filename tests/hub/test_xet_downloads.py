"""Huge files by Xet: offered, put together from any range, and given to nobody else."""

import hashlib

import pytest
from django.test import Client
from django.utils import timezone

from marketplace.catalog.models import Gating, Kind, Visibility
from marketplace.catalog.queries import download_count, takings_of
from marketplace.catalog.services import grant_access, set_gating
from marketplace.kit.signing import sign_url
from marketplace.storage.models import Blob
from marketplace.storage.queries import (
    current_store,
)
from marketplace.storage.services import verify_blob
from marketplace.storage.xet.blocks import BLOCK_BYTES, RECORD_BYTES
from marketplace.storage.xet.xorbs import CHUNK_BYTES, HEADER_BYTES
from tests.factories.accounts import NOON, UserFactory
from tests.factories.catalog import RepositoryFactory
from tests.hub.conftest import put
from tests.hub.xet import NOWHERE, Cas, given
from tests.storage.xet import vectors

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


def test_a_huge_file_is_counted_once_where_it_begins(api, dataset, big):
    asked = [None, "bytes=0-99", "bytes=100-999", f"bytes={CHUNK_BYTES}-"]
    anna, cas = UserFactory(), reader_of(api, dataset)
    for each in asked[2:]:
        cas.get(f"/v2/reconstructions/{big}", Range=each)
    assert download_count(dataset) == 0

    for reader in (cas, reader_of(api, dataset), reader_of(api, dataset, anna)):
        for each in asked:
            headers = {"Range": each} if each else {}
            reader.get(f"/v2/reconstructions/{big}", **headers)

    assert download_count(dataset) == 2
    assert not takings_of(dataset).exists()


def test_owners_of_what_is_gated_see_who_takes_huge_files(api, dataset, owner, big):
    set_gating(owner, repository=dataset, gating=Gating.MANUAL, changed_at=NOON)
    anna = UserFactory()
    grant_access(owner, repository=dataset, user=anna, granted_at=NOON)

    reader_of(api, dataset, anna).get(f"/v2/reconstructions/{big}")

    taken = takings_of(dataset).get()
    assert (taken.user, taken.path, taken.sha256) == (anna, "big.bin", big)


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
        reader_of(api, dataset).get("/v2/reconstructions/a%00b"),
    ]
    assert [answer.status_code for answer in refused] == [404] * 6


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
