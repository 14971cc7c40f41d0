"""The wall of choice: bubblewrap, with every namespace and a file system of its own."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from training.jobs import Limits
from training.runner.sandbox.booting import Command
from training.runner.sandbox.gpu import Gpu
from training.runner.sandbox.launcher import STAGE
from training.runner.sandbox.runtime import Runtime
from training.runner.sandbox.wall import Fds, Site, Wall, job_uid, may_stage

ROOT = "/opt"
SCRATCH = "/tmp"  # noqa: S108  a new file system, of bounded size
SHARED_MEMORY = "/dev/shm"  # noqa: S108  likewise
SHM_BYTES = 16 * 2**20
NAMESPACES = ("user", "ipc", "pid", "net", "uts", "cgroup-try")
LOOKED_FOR = ("app", "data", "out")  # where programs of hosts, and jobs, look
LINKS_OF_USR = ("/lib", "/lib32", "/lib64", "/bin", "/sbin")


def system_folders() -> list[str]:
    """Show /usr, and what other names it goes by; older systems have real folders."""
    shown = ["--ro-bind", "/usr", "/usr"]
    for name in LINKS_OF_USR:
        path = Path(name)
        if path.is_symlink():
            shown += ["--symlink", str(path.readlink()), name]
        elif path.is_dir():
            shown += ["--ro-bind", name, name]
    return shown


def card(nodes: Sequence[Path]) -> list[str]:
    """Show the nodes of a card, and of /sys what its driver reads to find it.

    Nodes are bound as devices, or opening them would be refused; after `--dev`, which
    would cover them. Without /sys, cuInit answers 304.
    """
    if not nodes:
        return []
    shown = ["--ro-bind", "/sys", "/sys"]
    for hidden in ("/sys/fs", "/sys/kernel", "/sys/firmware"):
        shown += ["--tmpfs", hidden]
    for node in nodes:
        shown += ["--dev-bind", str(node), str(node)]
    return shown


class BwrapWall(Wall):
    """Needs `bwrap` and unprivileged user namespaces; root drops its account before."""

    kind = "bwrap+seccomp"
    hides_host_files = True
    is_a_program = True

    @staticmethod
    def program() -> str | None:
        return shutil.which("bwrap", path="/usr/local/bin:/usr/bin:/bin")

    @contextmanager
    def site(
        self, runtime: Runtime, limits: Limits, *, gpu: Gpu | None
    ) -> Iterator[Site]:
        del runtime
        yield Site(
            ROOT,
            SCRATCH,
            limits.scratch_bytes,
            job_uid(),
            may_stage(),
            watched_mounts={SCRATCH: limits.scratch_bytes, SHARED_MEMORY: SHM_BYTES},
            devices=gpu.nodes if gpu else (),
        )

    def command(
        self, job: Command, *, site: Site, runtime: Runtime, fds: Fds
    ) -> Command:
        """Write bwrap's command line; it starts with no environment of its own."""
        argv = [self.program() or "bwrap"]
        argv += [f"--unshare-{namespace}" for namespace in NAMESPACES]
        argv += ["--disable-userns", "--as-pid-1", "--cap-drop", "ALL"]
        argv += [
            "--hostname",
            "job",
            "--die-with-parent",
            "--new-session",
            "--clearenv",
        ]
        for name, value in job.environment.items():
            argv += ["--setenv", name, value]
        argv += [*system_folders(), "--perms", "0755", "--dir", ROOT]
        if site.is_staged:
            argv += ["--ro-bind", STAGE, ROOT]
        else:
            for bind in runtime.binds:
                argv += ["--ro-bind", str(bind.source), f"{ROOT}/{bind.place}"]
        argv += ["--proc", "/proc", "--dev", "/dev", *card(site.devices)]
        argv += ["--size", str(SHM_BYTES), "--perms", "1777", "--tmpfs", SHARED_MEMORY]
        scratch_bytes = str(site.scratch_bytes)
        argv += ["--size", scratch_bytes, "--perms", "1777", "--tmpfs", SCRATCH]
        for name in LOOKED_FOR:
            argv += ["--symlink", f"{SCRATCH}/{name}", f"/{name}"]
        argv += ["--remount-ro", "/", "--chdir", SCRATCH, "--seccomp", str(fds.calls)]
        return Command([*argv, "--", *job.argv])
