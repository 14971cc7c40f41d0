"""STORAGE_URL, and the process's one store."""

import pytest

from marketplace.storage.blobs import store_of
from marketplace.storage.local import LocalStore
from marketplace.storage.s3 import S3Store
from marketplace.storage.s3_client import Bucket
from tests.storage.test_stores import put


@pytest.mark.parametrize(
    ("url", "bucket"),
    [
        (
            "s3://KEY:SECRET@s3.eu-central-1.amazonaws.com/data?region=eu-central-1",
            Bucket(
                name="data",
                key="KEY",
                secret="SECRET",
                endpoint="https://s3.eu-central-1.amazonaws.com",
                public_endpoint="https://s3.eu-central-1.amazonaws.com",
                region="eu-central-1",
            ),
        ),
        (
            "s3://a%3Ab:c%2Fd%2B%40e@127.0.0.1:9000/data/?secure=0&public=https://files",
            Bucket(
                name="data",
                key="a:b",
                secret="c/d+@e",
                endpoint="http://127.0.0.1:9000",
                public_endpoint="https://files",
                region="us-east-1",
            ),
        ),
        (
            "s3://KEY:SECRET@[::1]:9000/data?secure=1",
            Bucket(
                name="data",
                key="KEY",
                secret="SECRET",
                endpoint="https://[::1]:9000",
                public_endpoint="https://[::1]:9000",
                region="us-east-1",
            ),
        ),
    ],
)
def test_a_storage_url_says_everything(url, bucket):
    assert Bucket.from_url(url) == bucket


@pytest.mark.parametrize(
    "url",
    [
        "s3://host/bucket",
        "s3://KEY@host/bucket",
        "s3://KEY:SECRET@host",
        "s3://KEY:SECRET@host/",
        "s3://KEY:SECRET@/bucket",
    ],
)
def test_a_storage_url_that_says_too_little_is_refused_with_an_example(url):
    with pytest.raises(ValueError, match="s3://KEY:SECRET@host:port/bucket"):
        Bucket.from_url(url)


def test_a_process_has_one_store_of_each_kind(installed, tmp_path):
    url = "s3://KEY:SECRET@127.0.0.1:9/bucket?secure=0"

    files, bucket = store_of(installed()), store_of(installed(storage_url=url))

    assert isinstance(files, LocalStore)
    assert isinstance(bucket, S3Store)
    assert store_of(installed()) is files
    assert store_of(installed(storage_url=url)) is bucket
    assert files.root == tmp_path / "blobs"


def test_people_are_sent_to_the_public_address(installed):
    url = "s3://KEY:SECRET@10.0.0.1:9/bucket?secure=0&public=https://files.example.org"
    store = store_of(installed(storage_url=url))

    assert store.client.meta.endpoint_url == "http://10.0.0.1:9"
    assert store.signer.meta.endpoint_url == "https://files.example.org"


def test_files_are_readable_by_the_group_alone(installed, tmp_path):
    store = store_of(installed())
    path = store.path(put(store, b"content"))

    assert path.stat().st_mode & 0o777 == 0o640
    assert path.parent.stat().st_mode & 0o007 == 0
    assert path.relative_to(tmp_path).parts == (
        "blobs",
        path.name[:2],
        path.name[2:4],
        path.name,
    )
