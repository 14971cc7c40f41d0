"""The attacks, as a submission would bring them: the text of this file is `predict.py`.

`WORLD` is put before it and names the attacks to try. Each returns what it gained or
raises; what they say goes to $OUTPUTS. All are bounded, since each also runs once with
nothing to hold it.
"""

import asyncio
import ctypes
import json
import mmap
import os
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np

WORLD = globals().get("WORLD", {})
MIB = 2**20
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


def open_labels_to_all():
    Path(WORLD["labels"]).chmod(0o777)
    return "changed"


def fork_bomb():
    for _ in range(80):
        if os.fork() == 0:
            time.sleep(5)
            os._exit(0)
    return "80 processes"


def memory_bomb():
    block = bytearray(300 * MIB)
    block[::4096] = b"x" * len(block[::4096])
    return f"{len(block) // MIB} MiB"


def many_small_bombs():
    readers = []
    for _ in range(6):
        reader, writer = os.pipe()
        if os.fork() == 0:
            block = bytearray(50 * MIB)
            block[::4096] = b"x" * len(block[::4096])
            os.write(writer, b"x")
            time.sleep(5)
            os._exit(0)
        os.close(writer)
        readers.append(reader)
    for reader in readers:
        if not os.read(reader, 1):
            raise Contained("a child died")
    return "300 MiB in six processes"


def memfd_bomb():
    fd = os.memfd_create("bomb")
    for _ in range(300):
        os.write(fd, b"x" * MIB)
    return "300 MiB that belong to no process"


def shared_memory_bomb():
    blocks = [mmap.mmap(-1, 100 * MIB) for _ in range(3)]
    for block in blocks:
        for at in range(0, len(block), 4096):
            block[at] = 1
    return "300 MiB of shared memory"


def fill_disk():
    written = 0
    for folder in (os.environ.get("TMPDIR", "/tmp"), "/dev/shm", "/var/tmp"):
        try:
            with Path(folder, f"filler-{os.getpid()}").open("wb") as file:
                for _ in range(64):
                    file.write(b"x" * MIB)
                    written += 1
        except OSError:
            continue
    if written < 64:
        raise Contained(f"{written} MiB written")
    return f"{written} MiB"


def make_many_files():
    folder = os.environ.get("TMPDIR", "/tmp")
    for count in range(40_000):
        os.close(os.open(f"{folder}/many-{count}", os.O_CREAT))
    return "40,000 files"


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
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            os.execv(sys.executable, [sys.executable, "-S", "-c", script])
        os._exit(0)
    time.sleep(0.5)
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
    for _ in range(100):
        os.write(1, line)
    return "100 MiB of log"


def flood_result():
    Path(os.environ["OUTPUTS"]).write_bytes(b"x" * (20 * MIB))
    os._exit(0)


def forge_answer():
    """Write to the pipe that our own program answers through."""
    written = 0
    for link in Path(f"/proc/{os.getppid()}/fd").iterdir():
        try:
            if "pipe" in str(link.readlink()):
                with link.open("wb", buffering=0) as pipe:
                    for _ in range(20):
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
    number = {"x86_64": 248, "aarch64": 217}[os.uname().machine]
    secret = b"left behind"
    arguments = (b"user", b"stoa-attack", secret, len(secret), -5)
    return str(gained(libc.syscall, number, *arguments))


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


def benign():
    """Do what honest code does: numpy, files, threads, a child, an event loop."""
    total = []
    thread = threading.Thread(target=lambda: total.append(np.arange(4) @ np.arange(4)))
    thread.start()
    thread.join()
    with tempfile.TemporaryFile() as file:
        np.save(file, np.eye(3))
    asyncio.run(asyncio.sleep(0))
    child = [sys.executable, "-S", "-c", "print(2 * 3)"]
    said = subprocess.run(child, capture_output=True, check=True).stdout
    return f"{float(total[0])} and a child said {said.decode().strip()}"


if __name__ == "__main__":
    said = {}
    for name in WORLD["attacks"]:
        try:
            said[name] = f"ESCAPED {globals()[name]()}"
        except (OSError, MemoryError, ValueError, Contained) as held:
            said[name] = f"CONTAINED {type(held).__name__} {held}"
    Path(os.environ["OUTPUTS"]).write_text(json.dumps(said))
