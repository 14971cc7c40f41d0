"""Installations that keep their bytes in files or in a real S3."""

import pytest

from marketplace.config.env import Environment
from marketplace.storage.blobs import store_of
from tests.servers import file_process, s3
from tests.storage.disks import disk_of

SECRET = "for tests alone, and long enough to sign with"


@pytest.fixture(scope="session")
def s3_server():
    with s3() as server:
        yield server


@pytest.fixture
def installed(settings, tmp_path):
    """Return a function that installs Stoa anew, in an empty DATA_DIR."""

    def install(**told) -> Environment:
        told = {"data_dir": tmp_path, "secret_key": SECRET, **told}
        settings.STOA = Environment(**told)
        return settings.STOA

    return install


@pytest.fixture
def small_disk(installed, tmp_path):
    """Install on a disk of its own that holds 1 MiB."""
    with disk_of(1, tmp_path / "disk") as disk:
        installed(data_dir=disk)
        yield disk


@pytest.fixture(params=["files", "s3"])
def storage_url(request):
    """Give each kind of storage in turn."""
    if request.param == "files":
        return ""
    return request.getfixturevalue("s3_server").url


@pytest.fixture
def store(installed, storage_url):
    return store_of(installed(storage_url=storage_url))


@pytest.fixture(scope="session")
def files(tmp_path_factory):
    """Run one file process, on a DATA_DIR of its own."""
    data_dir = tmp_path_factory.mktemp("files")
    with file_process({"DATA_DIR": str(data_dir), "SECRET_KEY": SECRET}) as server:
        server.data_dir = data_dir
        yield server
