"""Jobs in containers of Docker, or of an engine with its command line, like Podman."""

import json
from contextlib import suppress
from typing import ClassVar

from training.jobs import Containers
from training.runner.sandbox.containers import (
    ENTRY,
    LABEL,
    MOST_FILES,
    SCRATCH,
    SHM_BYTES,
    ContainerWall,
    Counted,
    EngineSilent,
    host_name,
    is_gone,
    memory_of,
    processes_of,
)
from training.runner.sandbox.spec import JobSpec


class DockerWall(ContainerWall):
    """Needs an engine that this account may speak to, which is as good as being root."""

    kind = "docker"
    client: ClassVar[str] = "docker"

    def __init__(self, containers: Containers) -> None:
        """Remove the containers that killed workers of this machine left.

        Raises:
            EngineSilent: no engine answers.
        """
        super().__init__(containers)
        ours = f"label={LABEL}={host_name()}"
        listed = self.ask("ps", "--all", "--filter", ours, "--format", "{{.Names}}")
        for name in filter(is_gone, listed.split()):
            self.remove(name)

    def start(self, spec: JobSpec, *, name: str, uid: int) -> list[str]:
        """Return the command. It keeps no log, for the log would hold the answer.

        There is no `--rm`: how the job ended is asked before it is removed.
        """
        limits = spec.limits
        memory = str(memory_of(spec))
        scratch = f"size={limits.scratch_bytes},nr_inodes={MOST_FILES}"
        options = f"rw,exec,nosuid,nodev,mode=1777,{scratch}"
        words = [self.client, "run", "--interactive", "--name", name]
        words += ["--label", f"{LABEL}={host_name()}", "--hostname", "job"]
        words += ["--network", "none", "--ipc", "private", "--cgroupns", "private"]
        words += [
            "--read-only",
            "--tmpfs",
            f"{SCRATCH}:{options},size={limits.scratch_bytes}",
        ]
        words += ["--shm-size", str(SHM_BYTES), "--workdir", "/", "--init"]
        words += ["--cap-drop", "ALL", "--security-opt", "no-new-privileges"]
        words += ["--user", f"{uid}:{uid}", "--pids-limit", str(processes_of(limits))]
        words += ["--memory", memory, "--memory-swap", memory]
        words += ["--cpus", str(limits.threads), "--ulimit", "core=0"]
        words += ["--log-driver", "none", "--pull", "never"]
        if self.containers.runtime:
            words += ["--runtime", self.containers.runtime]
        if spec.gpu:
            words += ["--gpus", self.containers.card or "1"]
        return [*words, "--entrypoint", ENTRY[0], self.containers.image, *ENTRY[1:]]

    def counted(self, name: str) -> Counted | None:
        with suppress(EngineSilent, ValueError, KeyError):
            state = json.loads(self.ask("inspect", "--format", "{{json .State}}", name))
            return Counted(int(state["ExitCode"]), bool(state["OOMKilled"]))
        return None

    def remove(self, name: str) -> None:
        with suppress(EngineSilent):  # it may never have been made
            self.ask("rm", "--force", "--volumes", name)
