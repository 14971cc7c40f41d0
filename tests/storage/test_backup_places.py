"""A backup's place in a bucket keeps what one in a folder keeps, and nothing wrong."""

import io

import pytest

from marketplace.config.backups.places import Hashing, WrongBytes, place_at
from marketplace.storage.blobs import digest_of

CONTENT = bytes(range(256)) * 40_000  # over what boto sends in one piece


@pytest.fixture(params=["folder", "s3"])
def place(request, tmp_path):
    if request.param == "folder":
        return place_at(str(tmp_path / "backups"))
    return place_at(request.getfixturevalue("s3_server").url)


def test_files_come_back_and_wrong_ones_never_have_a_name(place):
    sha256 = digest_of(io.BytesIO(CONTENT))
    place.write("kept/one", Hashing(io.BytesIO(CONTENT), expected_sha256=sha256))
    for wrong in (CONTENT[:-1], CONTENT[:20]):
        with pytest.raises(WrongBytes):
            place.write("kept/two", Hashing(io.BytesIO(wrong), expected_sha256=sha256))

    assert dict(place.files("kept/")) == {"kept/one": len(CONTENT)}
    with place.open("kept/one") as file:
        assert digest_of(file) == sha256
    place.remove("kept/one")
    assert dict(place.files("kept/")) == {}
    with pytest.raises(FileNotFoundError):
        place.open("kept/one")
