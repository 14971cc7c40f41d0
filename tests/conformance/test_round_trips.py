"""What every client does first: create, upload, look, download, change, delete."""

import pytest

from tests.conformance.trees import TREE, digests, git_id, write

ATTRIBUTES = ".gitattributes"


@pytest.mark.parametrize("kind", ["dataset", "model"])
def test_what_is_uploaded_is_listed_and_comes_back(connection, tmp_path, kind):
    repository = f"ada/weather-{kind}-{connection.client.version}"

    said = connection.run(
        "upload_and_download",
        kind=kind,
        repository=repository,
        folder=str(write(tmp_path, TREE)),
        one="model.bin",
    )

    page = f"{connection.site.address}/{kind}s/{repository}"
    assert said["urls"] == [page] * 2
    assert said["named"] == [kind, repository]
    assert said["oid"] == said["sha"]
    assert said["commit_url"] == f"{page}/commit/{said['oid']}"
    assert said["private"] is False
    assert said["snapshot"].pop(ATTRIBUTES)
    assert said["snapshot"] == digests(TREE)
    assert said["one"] == digests(TREE)["model.bin"]
    assert said["exists"] == [True, False] * 3
    assert said["found"] == sorted([*TREE, ATTRIBUTES])
    assert said["folders"] == [
        "data",
        "data/2026",
        "weights",
        *_above("weights/deep/er"),
    ]
    assert said["siblings"] == said["tree"]
    for path, data in TREE.items():
        size, oid, sha256 = said["tree"][path]
        assert size == len(data)
        assert (oid == git_id(data)) is (sha256 is None), path
        assert sha256 in (None, digests(TREE)[path])
    assert said["tree"]["model.bin"][2] is not None
    assert said["tree"]["data/train.csv"][2] is None


def _above(path):
    parts = path.split("/")
    return ["/".join(parts[: count + 1]) for count in range(1, len(parts))]
