"""Every way known to us to make a zip that bites."""

import io
import stat
import struct
import zipfile
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.runner.inside.archives import Bounds, unpack
from training.runner.inside.refusal import Refusal

BOUNDS = Bounds(entries=50, size_bytes=4 * 2**20)


def zipped(*entries, compression=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return out.getvalue()


def unpacked(data, tmp_path):
    into = tmp_path / "into"
    into.mkdir(exist_ok=True)
    unpack(io.BytesIO(data), into, bounds=BOUNDS)
    return {
        str(one.relative_to(into)): one.read_bytes()
        for one in into.rglob("*")
        if one.is_file()
    }


def refusal_of(data, tmp_path):
    with pytest.raises(Refusal) as refused:
        unpacked(data, tmp_path)
    assert [one.name for one in tmp_path.iterdir()] == ["into"]
    assert refused.value.stage == "UNPACK"
    return refused.value


def with_mode(mode, name="entry", content=b"/etc/passwd"):
    entry = zipfile.ZipInfo(name)
    entry.external_attr = mode << 16
    entry.create_system = 3
    return entry, content


def test_honest_archives_are_unpacked_without_what_macs_add(tmp_path):
    data = zipped(
        ("predict.py", "print(1)"),
        ("lib/__init__.py", ""),
        ("__MACOSX/._predict.py", "junk"),
        ("lib/.DS_Store", "junk"),
        ("emptyfolder/", ""),
        ("weights.bin", b"\0" * 2**20),
    )

    found = unpacked(data, tmp_path)

    assert found == {
        "predict.py": b"print(1)",
        "lib/__init__.py": b"",
        "weights.bin": b"\0" * 2**20,
    }
    assert (tmp_path / "into" / "emptyfolder").is_dir()


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("../evil", "leaves"),
        ("a/../../evil", "leaves"),
        ("/etc/evil", "absolute"),
        ("C:/evil", "absolute"),
        ("a\\..\\evil", "backslash"),
        ("new\nline", "control"),
        ("x" * 300, "too long"),
        ("/".join("d" * 20), "too long"),
    ],
)
def test_names_that_leave_the_folder_are_refused(name, told, tmp_path):
    refused = refusal_of(zipped(("ok.py", "1"), (name, "x")), tmp_path)

    assert refused.code == "unsafe_archive"
    assert told in refused.message
    assert repr(name[:20])[1:-1] in refused.message  # the entry is named


@pytest.mark.parametrize(
    ("mode", "told"),
    [
        (stat.S_IFLNK | 0o777, "symbolic link"),
        (stat.S_IFIFO | 0o666, "neither"),
        (stat.S_IFCHR | 0o666, "neither"),
        (stat.S_IFSOCK | 0o666, "neither"),
    ],
)
def test_only_files_and_folders_are_unpacked(mode, told, tmp_path):
    assert told in refusal_of(zipped(with_mode(mode)), tmp_path).message


def test_a_bomb_is_refused_by_what_it_declares(tmp_path):
    data = zipped(("bomb", b"\0" * (3 * 2**20)))

    assert "grows more than" in refusal_of(data, tmp_path).message


def test_the_whole_must_fit(tmp_path):
    big = bytes(range(256)) * 4096
    data = zipped(*((f"{n}", big) for n in range(5)), compression=zipfile.ZIP_STORED)

    assert "above 4 MiB" in refusal_of(data, tmp_path).message


def test_there_may_not_be_too_many(tmp_path):
    data = zipped(*((f"{n}", "") for n in range(60)))

    assert "60 entries" in refusal_of(data, tmp_path).message


def test_names_that_differ_in_case_alone_are_refused(tmp_path):
    data = zipped(("Predict.py", "1"), ("predict.py", "2"))

    assert "same name as 'Predict.py'" in refusal_of(data, tmp_path).message


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_given_twice_is_refused(tmp_path):
    assert "same name" in refusal_of(zipped(("a", "1"), ("a", "2")), tmp_path).message


def test_a_file_cannot_be_a_folder_too(tmp_path):
    refused = refusal_of(zipped(("a", "1"), ("a/b", "2")), tmp_path)

    assert refused.code == "unsafe_archive"


def test_overlapping_entries_are_refused(tmp_path):
    data = bytearray(zipped(("a", "x" * 100), ("b", "y" * 100)))
    directory = data.index(b"PK\1\2")
    second = data.index(b"PK\1\2", directory + 4)
    struct.pack_into("<I", data, second + 42, 0)  # b's header is a's

    assert "overlaps" in refusal_of(bytes(data), tmp_path).message


def test_a_size_that_lies_is_found_out(tmp_path):
    content = bytes(range(256)) * 40
    data = bytearray(zipped(("a", content), compression=zipfile.ZIP_STORED))
    directory = data.index(b"PK\1\2")
    struct.pack_into("<I", data, directory + 24, 10)  # uncompressed size

    assert refusal_of(bytes(data), tmp_path).code in {
        "unsafe_archive",
        "unreadable_archive",
    }


def test_a_wrong_checksum_is_found_out(tmp_path):
    data = bytearray(zipped(("a", "honest text"), compression=zipfile.ZIP_STORED))
    data[data.index(b"honest")] ^= 1

    assert refusal_of(bytes(data), tmp_path).code == "unreadable_archive"


def test_encrypted_entries_are_refused(tmp_path):
    data = bytearray(zipped(("a", "text")))
    for mark, offset in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        data[data.index(mark) + offset] |= 1

    assert "encrypted" in refusal_of(bytes(data), tmp_path).message


def test_other_compressions_are_refused(tmp_path):
    data = zipped(("a", "text" * 100), compression=zipfile.ZIP_LZMA)

    assert "deflate" in refusal_of(data, tmp_path).message


@pytest.mark.parametrize("data", [b"", b"PK\5\6", b"not a zip" * 100])
def test_what_is_no_zip_is_told_so(data, tmp_path):
    assert refusal_of(data, tmp_path).code == "unreadable_archive"


HONEST = zipped(("predict.py", "print(1)\n" * 50), ("lib/a.py", "x = 1\n"))


@given(st.lists(st.tuples(st.integers(0, len(HONEST) - 1), st.integers(0, 255))))
def test_no_damage_gets_past_with_anything_but_a_refusal(tmp_path_factory, changes):
    data = bytearray(HONEST)
    for place, value in changes:
        data[place] = value
    folder = tmp_path_factory.mktemp("damaged")

    with suppress(Refusal):
        unpack(io.BytesIO(bytes(data)), folder, bounds=BOUNDS)
    assert all(one.resolve().is_relative_to(folder) for one in folder.rglob("*"))
