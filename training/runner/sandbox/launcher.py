"""The last steps before a job, taken in its own process: enter, stage, limit, drop, go.

The worker starts this file with the bare standard library and a plan. It is
single-threaded and holds no secret, so here, unlike between fork and exec of a threaded
worker, Python may safely call the kernel. It either becomes `bwrap`, or stays beside a
job that it confined itself, and buries all of the job's descendants.

Every job waits for this file's imports, so they are few: json, pathlib, signal and
typing would triple them.
"""

from __future__ import annotations

import ctypes
import marshal
import os
import resource
import select
import struct
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

BROKEN = 125
STAGE = "/tmp"  # noqa: S108  in a mount namespace of our own, under a file system of our own
SCRATCH = "scratch"

CLONE_NEWNS = 0x20000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_REMOUNT, MS_BIND = 1, 2, 4, 32, 4096
MS_REC, MS_PRIVATE = 16384, 1 << 18

PR_SET_PDEATHSIG, PR_SET_SECCOMP = 1, 22
PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 36, 38
SECCOMP_MODE_FILTER = 2
SIGKILL, SIGSTOP = 9, 19

LANDLOCK_CREATE, LANDLOCK_ADD, LANDLOCK_RESTRICT = 444, 445, 446
READ = 1 << 0 | 1 << 2 | 1 << 3  # execute, read files, read folders
FILE_ONLY = 1 << 0 | 1 << 1 | 1 << 2 | 1 << 14 | 1 << 15  # a rule on no folder may name
FILES_BY_VERSION = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1}
FILES_NOW = (1 << 16) - 1
NETWORK = 0b11
SCOPES = 0b11

libc = ctypes.CDLL(None, use_errno=True)


def call(function: str, *arguments: Any) -> int:
    """Call libc; raise what it reports."""
    answer: int = getattr(libc, function)(*arguments)
    if answer < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{function}: {os.strerror(number)}")
    return answer


def mount(source: str, target: str, kind: str, flags: int, options: str = "") -> None:
    words = (source.encode(), target.encode(), kind.encode() or None)
    call("mount", *words, ctypes.c_ulong(flags), options.encode() or None)


def stage(binds: list[list[str]], *, scratch_bytes: int, uid: int) -> None:
    """Show `binds` below STAGE, to this process alone.

    An unprivileged account could not walk to what lies in a closed home folder, so root
    binds it, read-only, where the account can. The folders are opened first, since the
    stage may cover them.
    """
    call("unshare", CLONE_NEWNS)
    mount("none", "/", "", MS_REC | MS_PRIVATE)
    opened = [(os.open(source, os.O_PATH), place) for source, place in binds]
    mount("stage", STAGE, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755,size=1m")
    for fd, place in opened:
        target = f"{STAGE}/{place}"
        if os.path.isdir(f"/proc/self/fd/{fd}"):
            os.makedirs(target, exist_ok=True)
        else:
            os.makedirs(os.path.dirname(target), exist_ok=True)
            os.close(os.open(target, os.O_CREAT | os.O_WRONLY))
        mount(f"/proc/self/fd/{fd}", target, "", MS_BIND)
        os.close(fd)
        read_only = MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV
        mount("none", target, "", read_only)
    scratch = f"{STAGE}/{SCRATCH}"
    os.mkdir(scratch)
    options = f"mode=0700,size={scratch_bytes},nr_inodes=20000"
    mount("scratch", scratch, "tmpfs", MS_NOSUID | MS_NODEV, options)
    os.chown(scratch, uid, uid)


def limit(limits: dict[str, int]) -> None:
    for name, value in limits.items():
        which = getattr(resource, f"RLIMIT_{name}")
        _, hard = resource.getrlimit(which)
        within = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(which, (within, within))


def drop(uid: int) -> None:
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)


def read_nothing() -> None:
    """Give the job an empty standard input; ours is the worker's word to us."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)


def landlock(rules: dict[str, Any]) -> None:
    """Close all files, TCP, abstract sockets and foreign processes but for `rules`."""
    version: int = rules["version"]
    files = FILES_BY_VERSION.get(version, FILES_BY_VERSION[3])
    if version >= 5:
        files = FILES_NOW
    parts = [files]
    if version >= 4:
        parts.append(NETWORK)
    if version >= 6:
        parts.append(SCOPES)
    wish = struct.pack(f"{len(parts)}Q", *parts)
    ruleset = call("syscall", LANDLOCK_CREATE, wish, ctypes.c_size_t(len(wish)), 0)
    for allowed, paths in ((READ, rules["read"]), (files, rules["write"])):
        for path in paths:
            try:
                fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
            except FileNotFoundError:
                continue
            mask = allowed if os.path.isdir(path) else allowed & FILE_ONLY
            rule = struct.pack("=Qi", mask & files, fd)
            call("syscall", LANDLOCK_ADD, ruleset, 1, rule, 0)
            os.close(fd)
    call("syscall", LANDLOCK_RESTRICT, ruleset, 0)
    os.close(ruleset)


def refuse_calls(program: bytes) -> None:
    buffer = ctypes.create_string_buffer(program, len(program))
    address = ctypes.addressof(buffer)
    head = struct.pack("HxxxxxxQ", len(program) // 8, address)
    call("prctl", PR_SET_SECCOMP, SECCOMP_MODE_FILTER, head, 0, 0)


def become_job(plan: dict[str, Any]) -> NoReturn:
    """Confine this process for ever and turn it into the job."""
    call("prctl", PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0)
    if plan["uid"] is not None:
        drop(plan["uid"])
        call("prctl", PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0)  # the drop forgot it
    call("prctl", PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    read_nothing()
    os.chdir(plan["scratch"])
    program = b""
    if plan["seccomp_fd"] is not None:
        program = os.read(plan["seccomp_fd"], 1 << 16)
        os.close(plan["seccomp_fd"])
    if plan["landlock"]:
        landlock(plan["landlock"])
    if program:
        refuse_calls(program)
    os.execve(plan["argv"][0], plan["argv"], plan["env"])  # noqa: S606  the purpose


def descendants(pid: int) -> list[int]:
    found = []
    waiting = [pid]
    while waiting:
        one = waiting.pop()
        try:
            threads = os.listdir(f"/proc/{one}/task")
            for thread in threads:
                with open(f"/proc/{one}/task/{thread}/children") as listed:
                    children = [int(word) for word in listed.read().split()]
                found += children
                waiting += children
        except OSError:
            continue
    return found


def bury_descendants() -> None:
    """Stop, then kill, everything below us: what is stopped cannot fork away."""
    while True:
        below = descendants(os.getpid())
        for sign in (SIGSTOP, SIGKILL):
            for pid in below:
                try:
                    os.kill(pid, sign)
                except ProcessLookupError:
                    continue
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return
        time.sleep(0.001)


def stay_beside(job: int) -> int:
    """Wait until the job ends or the worker closes our stdin; leave nothing alive."""
    watched = os.pidfd_open(job)
    select.select([watched, 0], [], [])
    ended, status = os.waitpid(job, os.WNOHANG)
    bury_descendants()
    if not ended:
        return 128 + SIGKILL
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


def main(plan: dict[str, Any]) -> int:
    for entrance in plan["groups"]:
        with open(entrance, "w") as group:
            group.write("0")
    if plan["stages"]:
        stage(plan["binds"], scratch_bytes=plan["scratch_bytes"], uid=plan["uid"])
    limit(plan["rlimits"])
    if plan["becomes_wall"]:
        if plan["uid"] is not None:
            drop(plan["uid"])
        read_nothing()
        os.execve(plan["argv"][0], plan["argv"], {})  # noqa: S606  the purpose
    call("prctl", PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    job = os.fork()
    if job:
        for fd in (1, 2, *plan["fds"]):  # so that the worker sees the job's end
            os.close(fd)
        return stay_beside(job)
    try:
        become_job(plan)
    except OSError as error:
        sys.stderr.write(f"sandbox: {error}\n")
        sys.stderr.flush()
        os._exit(BROKEN)


if __name__ == "__main__":
    os.close(int(sys.argv[2]))  # our own program, which no job needs
    try:
        code = main(marshal.loads(bytes.fromhex(sys.argv[1])))
    except OSError as error:
        sys.stderr.write(f"sandbox: {error}\n")
        sys.stderr.flush()
        code = BROKEN
    os._exit(code)
