"""Xet on a disk that is full: said in a sentence, nothing is left, and later it works."""

import os

import pytest

from marketplace.storage.models import Blob, Possession, XetFile, Xorb, XorbSender
from marketplace.storage.queries import cache_generation, open_blob, possessed
from tests.factories.catalog import RepositoryFactory
from tests.hub.xet import Cas, given
from tests.storage.disks import enlarge, files_in
from tests.storage.xet.building import BuiltFile, BuiltXorb

pytestmark = pytest.mark.django_db
CHUNK = 2**16


@pytest.fixture
def owner(small_disk):
    return RepositoryFactory().created_by


@pytest.fixture
def cas(api, owner):
    repository = RepositoryFactory(owner=owner)
    return Cas(given(api(owner), repository).json()["accessToken"])


def noise(chunks: int) -> BuiltXorb:
    return BuiltXorb([os.urandom(CHUNK) for _ in range(chunks)])


def require_refusal(answer) -> None:
    assert answer.status_code == 507
    assert (
        "no room left for that content, and kept none of it" in answer.json()["error"]
    )
    assert answer.headers["X-Error-Message"].startswith("This site has no room left")


def test_a_xorb_that_does_not_fit(cas, owner, small_disk):
    xorb = noise(20)

    require_refusal(cas.send(xorb))

    assert files_in(small_disk) == []
    assert not Xorb.objects.exists()
    assert not XorbSender.objects.exists()
    assert not Blob.objects.exists()
    enlarge(small_disk, 8)
    assert cas.send(xorb).json() == {"was_inserted": True}
    assert cas.register(BuiltFile([xorb.term()]), xorbs=[xorb]).json() == {"result": 1}


def test_a_file_that_does_not_fit_beside_its_xorb(cas, owner, small_disk):
    xorb = noise(10)
    file, small = BuiltFile([xorb.term(1)]), BuiltFile([xorb.term(0, 1)])
    cas.send(xorb)
    [body] = files_in(small_disk)

    require_refusal(cas.register(small, file, xorbs=[xorb]))

    assert files_in(small_disk / "incoming") == []
    assert body in files_in(small_disk)
    assert not Blob.objects.filter(pk=file.digest).exists()
    assert not Possession.objects.exists()
    assert not XetFile.objects.exists()
    assert cache_generation(owner) == 1
    enlarge(small_disk, 8)
    assert cas.register(small, file, xorbs=[xorb]).json() == {"result": 1}
    assert set(possessed(owner, [file.digest])) == {file.digest}
    with open_blob(file.digest) as content:
        assert content.read() == file.content
