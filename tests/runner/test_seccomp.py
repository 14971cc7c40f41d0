"""The filter's program is run here as the kernel would, for both processors."""

import errno
import re
import struct
from pathlib import Path

import pytest

from training.runner.sandbox.seccomp import (
    ARCHITECTURES,
    REFUSED,
    REFUSED_AMONG_HOST_FILES,
    UnknownArchitecture,
    job_filter,
)

ALLOW, KILL = 0x7FFF0000, 0x80000000
HEADERS = {
    "x86_64": Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
    "aarch64": Path("/usr/include/asm-generic/unistd.h"),
}
MACHINES = sorted(ARCHITECTURES)


def refused(number=errno.EPERM):
    return 0x00050000 | number


def judge(program, *, audit, number, arguments=()):
    """Interpret a seccomp program: the five instructions we use."""
    padded = [*arguments, *[0] * (6 - len(arguments))]
    data = struct.pack("=IIQ6Q", number, audit, 0, *padded)
    steps = list(struct.iter_unpack("HBBI", program))
    at = held = 0
    while True:
        code, if_true, if_false, k = steps[at]
        at += 1
        if code == 0x06:
            return k
        if code == 0x20:
            held = struct.unpack_from("=I", data, k)[0]
            continue
        is_so = {0x15: held == k, 0x25: held > k, 0x45: held & k}[code]
        at += if_true if is_so else if_false


@pytest.fixture(params=MACHINES)
def ask(request):
    """Ask the filter of one processor about a call."""
    arch = ARCHITECTURES[request.param]

    def verdict(numbers, *arguments, among_host_files=False):
        program = job_filter(among_host_files=among_host_files, machine=request.param)
        number = numbers if isinstance(numbers, int) else numbers[arch.column]
        return judge(program, audit=arch.audit, number=number, arguments=arguments)

    return verdict


def test_what_is_refused_is_refused(ask):
    for pair in REFUSED.values():
        if None not in pair:
            assert ask(pair) == refused()


def test_ordinary_calls_pass(ask):
    for pair in [(0, 63), (1, 64), (257, 56), (9, 222), (59, 221), (202, 98)]:
        assert ask(pair) == ALLOW  # read, write, openat, mmap, execve, futex


def test_changing_files_unopened_is_refused_only_where_the_hosts_are_in_sight(ask):
    for pair in REFUSED_AMONG_HOST_FILES.values():
        if None not in pair:
            assert ask(pair) == ALLOW or pair[0] > 456
            assert ask(pair, among_host_files=True) == refused()


def test_children_may_be_made_and_namespaces_not(ask):
    clone = (56, 220)

    assert ask(clone, 0x01200011) == ALLOW  # as fork does
    assert ask(clone, 0x003D0F00) == ALLOW  # as threads do
    for kind in (0x10000000, 0x20000000, 0x40000000, 0x00020000, 0x08000000):
        assert ask(clone, kind | 17) == refused()
    assert ask((435, 435)) == refused(errno.ENOSYS)  # clone3 hides its flags


def test_one_may_limit_oneself_and_nobody_else(ask):
    assert ask((302, 261), 0) == ALLOW
    assert ask((302, 261), 1234) == refused()


def test_typing_for_others_is_refused(ask):
    assert ask((16, 29), 1, 0x5412) == refused()
    assert ask((16, 29), 1, 0xFFFFFFFF_00005412) == refused()
    assert ask((16, 29), 1, 0x5401) == ALLOW


def test_pairs_of_local_sockets_pass_and_others_do_not(ask):
    assert ask((53, 199), 1) == ALLOW
    assert ask((53, 199), 16) == refused()


def test_calls_yet_to_be_invented_do_not_exist(ask):
    assert ask(457) == refused(errno.ENOSYS)
    assert ask(0x40000000 + 41) == refused(errno.ENOSYS)  # x32


def test_another_processors_calls_kill():
    program = job_filter(among_host_files=False, machine="x86_64")

    assert judge(program, audit=0x40000003, number=1) == KILL


def test_an_unknown_processor_has_no_filter():
    with pytest.raises(UnknownArchitecture, match="riscv64"):
        job_filter(among_host_files=False, machine="riscv64")


@pytest.mark.parametrize("machine", MACHINES)
def test_numbers_are_the_kernels(machine):
    if not HEADERS[machine].exists():
        pytest.skip("the kernel's headers are not installed")
    text = HEADERS[machine].read_text()
    pattern = re.compile(r"#define __NR(?:3264)?_(\w+)\s+(\d+)\s*$", re.MULTILINE)
    known = {name: int(number) for name, number in pattern.findall(text)}
    column = ARCHITECTURES[machine].column

    for name, pair in (REFUSED | REFUSED_AMONG_HOST_FILES).items():
        if name in known and pair[column] is not None:
            assert pair[column] == known[name], name
