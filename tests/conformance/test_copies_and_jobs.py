"""What only the newest clients ask for: copies between repositories, jobs of CI."""

import json
import struct

import pytest
from django.utils import timezone

from tests.publishers.issuer import SUBJECT, Issuer


@pytest.fixture
def issuer():
    started = Issuer()
    yield started
    started.stop()


def header_of(count):
    tensors = {"w": {"dtype": "U8", "shape": [count], "data_offsets": [0, count]}}
    told = json.dumps(tensors).encode()
    return (struct.pack("<Q", len(told)) + told).hex()


def test_large_files_are_copied_and_jobs_commit_without_a_token(newest, issuer):
    names = {"source": "ada/weights", "target": "ada/copies", "size": 12_345}

    copied = newest.run(
        "copy_and_publish", step="copy", weights=header_of(12_345), **names
    )
    assert copied == {"same": [True, True, True], "found": [["ada/weights"], []]}
    refused = newest.run(
        "copy_and_publish",
        step="take",
        who="bruno",
        source="ada/weights",
        target="bruno/loot",
    )
    assert refused["refused"]["error"] == "RepositoryNotFoundError"
    assert refused["files"] == [".gitattributes"]

    trusted = newest.site.call(
        "POST",
        "models/ada/weights/publishers",
        who="ada",
        json={"issuer": issuer.address, "subject": SUBJECT},
    )
    token = issuer.token(at=timezone.now(), aud=trusted["audience"])
    job = {"HF_OIDC_RESOURCE": "ada/weights", "HF_OIDC_ID_TOKEN": token}
    said = newest.run(
        "copy_and_publish",
        step="publish",
        who="",
        home="job",
        settings=job,
        hidden="ada/copies-of-none",
        **names,
    )
    assert said["who"] == "ada"
    assert said["files"] == [".gitattributes", "built.bin", "model.safetensors"]
    assert said["other"]["status"] == said["settings"]["status"] == 403
    assert said["hidden"]["error"] == "RepositoryNotFoundError"
