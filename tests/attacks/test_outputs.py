"""What a program leaves for us to take, each trap seen to catch a careless collector."""

import os
import shutil
import socket

import pytest

from training.runner.inside import collecting
from training.runner.inside.collecting import Most, collect, plain_file
from training.runner.inside.refusal import Refusal

MOST = Most(size_bytes=64 * 1024, files=20)
SECRET = b"labels that are not the program's"


@pytest.fixture
def output(tmp_path):
    (tmp_path / "labels.csv").write_bytes(SECRET)
    folder = tmp_path / "output"
    folder.mkdir()
    return folder


def symlink(output):
    (output / "scores.json").symlink_to(output.parent / "labels.csv")


def folder_symlink(output):
    (output / "scores.json").symlink_to(output.parent)


def hard_link(output):
    (output / "scores.json").hardlink_to(output.parent / "labels.csv")


def fifo(output):
    os.mkfifo(output / "scores.json")


def unix_socket(output):
    here = os.open(output, os.O_RDONLY)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"/proc/self/fd/{here}/scores.json")
    os.close(here)


def device(output):
    os.mknod(output / "scores.json", 0o666 | 0o020000, os.makedev(1, 5))  # /dev/zero


def sparse(output):
    with (output / "scores.json").open("wb") as file:
        file.truncate(2**40)


def too_much(output):
    for number in range(3):
        (output / f"{number}").write_bytes(b"x" * 30_000)


def too_many(output):
    for number in range(21):
        (output / f"{number}").touch()


def too_deep(output):
    (output / "/".join("d" * 18)).mkdir(parents=True)


def long_names(output):
    (output / ("d" * 150)).mkdir()
    (output / ("d" * 150) / ("f" * 150)).touch()


def control_characters(output):
    (output / "scores\n\x1b[2Jjson").touch()


def no_text(output):
    (output / os.fsdecode(b"scores\xff")).touch()


def backslash(output):
    (output / "..\\..\\scores").touch()


TRAPS = {
    symlink: "unsafe_output",
    folder_symlink: "unsafe_output",
    hard_link: "unsafe_output",
    fifo: "unsafe_output",
    unix_socket: "unsafe_output",
    device: "unsafe_output",
    sparse: "output_too_large",
    too_much: "output_too_large",
    too_many: "output_too_large",
    too_deep: "unsafe_output",
    long_names: "unsafe_output",
    control_characters: "unsafe_output",
    no_text: "unsafe_output",
    backslash: "unsafe_output",
}


def laid(trap, output):
    try:
        trap(output)
    except PermissionError:
        pytest.skip("this account may not make devices")


@pytest.mark.parametrize("trap", TRAPS, ids=lambda trap: trap.__name__)
def test_a_trap_among_outputs_is_refused(trap, output):
    laid(trap, output)
    open_before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208  to count

    with pytest.raises(Refusal) as refused:
        collect(output, most=MOST)

    assert (refused.value.code, refused.value.stage) == (TRAPS[trap], "RUN")
    assert refused.value.message.isprintable()
    assert len(os.listdir("/proc/self/fd")) == open_before  # noqa: PTH208  likewise


@pytest.mark.parametrize(
    "trap", [symlink, folder_symlink, hard_link, fifo, unix_socket, device]
)
def test_what_is_no_plain_file_is_not_there(trap, output):
    laid(trap, output)

    assert plain_file(output / "scores.json", most_bytes=1000) is None


@pytest.mark.parametrize("trap", [symlink, hard_link])
def test_a_careless_collector_hands_out_the_labels(trap, output, tmp_path):
    trap(output)

    shutil.make_archive(str(tmp_path / "taken"), "zip", output)
    shutil.unpack_archive(str(tmp_path / "taken.zip"), tmp_path / "seen")

    assert (tmp_path / "seen" / "scores.json").read_bytes() == SECRET


def test_honest_outputs_are_taken_whole_and_in_order(output):
    (output / "plots").mkdir()
    (output / "empty").mkdir()
    (output / "plots" / "a.svg").write_bytes(b"<svg/>")
    (output / "scores.json").write_bytes(b"{}" * 1000)
    (output / "résumé.txt").write_bytes(b"")

    taken = collect(output, most=MOST)

    assert taken == [
        ("plots/a.svg", b"<svg/>"),
        ("résumé.txt", b""),
        ("scores.json", b"{}" * 1000),
    ]
    assert plain_file(output / "scores.json", most_bytes=2000) == b"{}" * 1000
    assert plain_file(output / "absent", most_bytes=2000) is None
    with pytest.raises(Refusal, match="more than 1 KiB"):
        plain_file(output / "scores.json", most_bytes=1999)


def test_a_file_that_grows_while_it_is_read_ends_at_its_cap(output):
    path = output / "scores.json"
    path.write_bytes(b"x" * 10)
    with path.open("rb") as file:
        assert os.fstat(file.fileno()).st_size == 10
        path.write_bytes(b"x" * 5000)
        with pytest.raises(Refusal, match="more than 1 KiB"):
            collecting._read(file.fileno(), most_bytes=1024)


def exchange(path):
    """Put a link where a file was, as a child that was left running may."""
    link = path.with_name("link")
    link.symlink_to(path.parents[1] / "labels.csv")
    link.replace(path)


def test_a_file_exchanged_for_a_link_after_the_look_leads_nowhere(output):
    path = output / "scores.json"
    path.write_bytes(b"honest")
    assert path.is_file()
    assert not path.is_symlink()
    exchange(path)
    assert path.read_bytes() == SECRET  # so much for looking first

    path.unlink()
    path.write_bytes(b"honest")
    with collecting._opened(output, collecting.FOLDER, within=None) as top:
        files = collecting._files(top, "", depth=0)
        name, fd = next(files)
        exchange(path)
        taken = collecting._read(fd, most_bytes=1000)
        files.close()
    assert (name, taken) == ("scores.json", b"honest")
    assert plain_file(path, most_bytes=1000) is None
