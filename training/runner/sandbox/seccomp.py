"""The system calls a job may not make, as a BPF program for the kernel.

Everything harmless passes. Refused are the calls that reach other processes, the
network, namespaces, mounts, kernel modules and memory that no limit counts; calls newer
than this list do not exist for a job. Another architecture's calls kill the process.
"""

import errno
import platform
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

# Calls by name: their number on x86-64, and on arm64, where some never existed.
_Numbers = dict[str, tuple[int, int | None]]

REFUSED: _Numbers = {
    # other processes
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "kcmp": (312, 272),
    "pidfd_getfd": (438, 438),
    "setpriority": (141, 140),
    "ioprio_set": (251, 30),
    "sched_setscheduler": (144, 119),
    "sched_setparam": (142, 118),
    "sched_setattr": (314, 274),
    "move_pages": (279, 239),
    "migrate_pages": (256, 238),
    # the network, and sockets of any kind but pairs
    "socket": (41, 198),
    "bind": (49, 200),
    "connect": (42, 203),
    # namespaces and mounts
    "unshare": (272, 97),
    "setns": (308, 268),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "fanotify_init": (300, 262),
    "fanotify_mark": (301, 263),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    # the kernel itself, and its favourite holes
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "bpf": (321, 280),
    "userfaultfd": (323, 282),
    "perf_event_open": (298, 241),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "create_module": (174, None),
    "get_kernel_syms": (177, None),
    "query_module": (178, None),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "nfsservctl": (180, 42),
    "reboot": (169, 142),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "syslog": (103, 116),
    "acct": (163, 89),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "clock_adjtime": (305, 266),
    "adjtimex": (159, 171),
    "sethostname": (170, 161),
    "setdomainname": (171, 162),
    "iopl": (172, None),
    "ioperm": (173, None),
    "modify_ldt": (154, None),
    "uselib": (134, None),
    "ustat": (136, None),
    "sysfs": (139, None),
    "_sysctl": (156, None),
    "lookup_dcookie": (212, 18),
    "personality": (135, 92),
    "vhangup": (153, 58),
    "vmsplice": (278, 75),
    "remap_file_pages": (216, 234),
    "mbind": (237, 235),
    "set_mempolicy": (238, 237),
    "set_mempolicy_home_node": (450, 450),
    # memory that belongs to no process
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "shmget": (29, 194),
    "msgget": (68, 186),
    "semget": (64, 190),
    "mq_open": (240, 180),
    "mq_unlink": (241, 181),
}

# Where the host's files stay in sight, Landlock leaves these open to their owner.
REFUSED_AMONG_HOST_FILES: _Numbers = {
    "chmod": (90, None),
    "fchmod": (91, 52),
    "fchmodat": (268, 53),
    "fchmodat2": (452, 452),
    "chown": (92, None),
    "lchown": (94, None),
    "fchown": (93, 55),
    "fchownat": (260, 54),
    "setxattr": (188, 5),
    "lsetxattr": (189, 6),
    "fsetxattr": (190, 7),
    "removexattr": (197, 14),
    "lremovexattr": (198, 15),
    "fremovexattr": (199, 16),
    "utime": (132, None),
    "utimes": (235, None),
    "futimesat": (261, None),
    "utimensat": (280, 88),
    "truncate": (76, 45),
}

LAST_KNOWN = 456  # futex_requeue; whatever came later is not there for a job

CLONE, CLONE3 = (56, 220), (435, 435)
IOCTL = (16, 29)
PRLIMIT = (302, 261)
SOCKETPAIR = (53, 199)
NEW_NAMESPACES = 0x7E020000
INJECTS_TYPING = (0x5412, 0x541C)  # TIOCSTI, TIOCLINUX
AF_UNIX = 1

LOAD, IF_EQUAL, IF_GREATER, IF_ANY_BIT, RETURN = 0x20, 0x15, 0x25, 0x45, 0x06
KILL_PROCESS, ERRNO, ALLOW = 0x80000000, 0x00050000, 0x7FFF0000
AT_NUMBER, AT_ARCHITECTURE, AT_ARGUMENTS = 0, 4, 16


class UnknownArchitecture(Exception):
    """There is no filter for this processor."""


@dataclass(frozen=True, slots=True)
class Architecture:
    audit: int
    column: int


ARCHITECTURES = {
    "x86_64": Architecture(audit=0xC000003E, column=0),
    "aarch64": Architecture(audit=0xC00000B7, column=1),
}

_Instruction = tuple[int, int, int, int]


def _refuse(code: int) -> _Instruction:
    return (RETURN, 0, 0, ERRNO | code)


def _load_argument(index: int) -> _Instruction:
    """Load the low half, which is all the kernel reads of an int on little-endian."""
    return (LOAD, 0, 0, AT_ARGUMENTS + 8 * index)


def _instructions(arch: Architecture, refused: Iterable[int]) -> Iterator[_Instruction]:
    at = arch.column
    yield (LOAD, 0, 0, AT_ARCHITECTURE)
    yield (IF_EQUAL, 1, 0, arch.audit)
    yield (RETURN, 0, 0, KILL_PROCESS)
    yield (LOAD, 0, 0, AT_NUMBER)
    yield (IF_GREATER, 0, 1, LAST_KNOWN)  # x32 calls, too, have larger numbers
    yield _refuse(errno.ENOSYS)
    yield (IF_EQUAL, 0, 1, CLONE3[at])  # its flags lie in memory; libc then uses clone
    yield _refuse(errno.ENOSYS)
    for number in refused:
        yield (IF_EQUAL, 0, 1, number)
        yield _refuse(errno.EPERM)

    yield (IF_EQUAL, 0, 4, CLONE[at])
    yield _load_argument(0)
    yield (IF_ANY_BIT, 0, 1, NEW_NAMESPACES)
    yield _refuse(errno.EPERM)
    yield (RETURN, 0, 0, ALLOW)
    yield (IF_EQUAL, 0, 5, IOCTL[at])
    yield _load_argument(1)
    yield (IF_EQUAL, 1, 0, INJECTS_TYPING[0])
    yield (IF_EQUAL, 0, 1, INJECTS_TYPING[1])
    yield _refuse(errno.EPERM)
    yield (RETURN, 0, 0, ALLOW)
    yield (IF_EQUAL, 0, 4, PRLIMIT[at])
    yield _load_argument(0)
    yield (IF_EQUAL, 1, 0, 0)  # one's own limits only
    yield _refuse(errno.EPERM)
    yield (RETURN, 0, 0, ALLOW)
    yield (IF_EQUAL, 0, 3, SOCKETPAIR[at])
    yield _load_argument(0)
    yield (IF_EQUAL, 1, 0, AF_UNIX)
    yield _refuse(errno.EPERM)
    yield (RETURN, 0, 0, ALLOW)


@cache
def job_filter(*, among_host_files: bool, machine: str | None = None) -> bytes:
    """Return the program that `prctl` and `bwrap --seccomp` take.

    Args:
        among_host_files: refuse also what changes files without opening them, for a
            sandbox that hides no files.
        machine: the processor as `uname -m` says it; unset means this one.

    Raises:
        UnknownArchitecture: neither x86-64 nor arm64.
    """
    name = machine or platform.machine()
    if name not in ARCHITECTURES:
        raise UnknownArchitecture(f"There is no system call filter for {name}.")
    arch = ARCHITECTURES[name]
    calls = REFUSED | (REFUSED_AMONG_HOST_FILES if among_host_files else {})
    numbers = [pair[arch.column] for pair in calls.values()]
    refused = [number for number in numbers if number is not None]
    return b"".join(struct.pack("HBBI", *one) for one in _instructions(arch, refused))
