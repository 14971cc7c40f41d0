"""A bucket is made where there is none, and nothing of one that is there is changed."""

from dataclasses import replace

from django.core.management import call_command

from marketplace.storage.s3_bucket import make_ready
from marketplace.storage.s3_client import Bucket


def test_a_bucket_is_made_once(s3_server, installed, capsys):
    bucket = replace(Bucket.from_url(s3_server.url), name="stoa-fresh")
    client = bucket.client(bucket.endpoint)

    make_ready(bucket, origin="https://data.example.org")
    client.put_object(Bucket=bucket.name, Key="kept", Body=b"kept")
    make_ready(bucket, origin="https://data.example.org")

    assert client.get_object(Bucket=bucket.name, Key="kept")["Body"].read() == b"kept"
    client.close()
    installed(storage_url=s3_server.url)
    call_command("prepare_storage")
    told = capsys.readouterr()
    assert f"The bucket {s3_server.bucket} is there." in told.out
    assert "PUT to it by its own" in told.err  # Swift answers 501 to CORS rules


def test_files_need_no_preparation(installed, capsys):
    installed(storage_url="")

    call_command("prepare_storage")

    assert "no preparation" in capsys.readouterr().out
