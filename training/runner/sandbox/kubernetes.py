"""Jobs in pods of Kubernetes: one Job each, one network policy for all of them."""

import json
import math
import time
from contextlib import suppress
from typing import Any, ClassVar

from training.jobs import Containers
from training.runner.sandbox.containers import (
    ENTRY,
    LABEL,
    SCRATCH,
    STARTED_WITHIN_SECONDS,
    ContainerWall,
    Counted,
    EngineSilent,
    host_name,
    memory_of,
)
from training.runner.sandbox.spec import JobSpec

APP = {"app.kubernetes.io/name": "stoa-job"}
LONGEST_LABEL = 63
KEPT_SECONDS = 300
WHOLE_CARD = "nvidia.com/gpu"
EPHEMERAL = "16Mi"  # what the container's own layers and logs may take; /tmp is memory
TOLD_WITHIN_SECONDS = 10.0
PAUSE_SECONDS = 0.2

Manifest = dict[str, Any]


def network_policy() -> Manifest:
    """Return the policy that lets no job speak or be spoken to."""
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "stoa-jobs-have-no-network", "labels": APP},
        "spec": {
            "podSelector": {"matchLabels": APP},
            "policyTypes": ["Ingress", "Egress"],
        },
    }


def job(spec: JobSpec, *, containers: Containers, name: str, uid: int) -> Manifest:
    """Return the Job that runs `spec` once, for as long as it may and no longer."""
    limits = spec.limits
    resources: dict[str, str] = {
        "cpu": str(limits.threads),
        "memory": str(memory_of(spec)),
        "ephemeral-storage": EPHEMERAL,
    }
    if spec.gpu:
        resources[containers.card or WHOLE_CARD] = "1"
    container = {
        "name": "job",
        "image": containers.image,
        "imagePullPolicy": "IfNotPresent",
        "command": list(ENTRY),
        "workingDir": "/",
        "stdin": True,
        "stdinOnce": True,
        "resources": {"limits": resources, "requests": resources},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [{"name": "scratch", "mountPath": SCRATCH}],
    }
    scratch = {"medium": "Memory", "sizeLimit": str(limits.scratch_bytes)}
    pod: Manifest = {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "dnsPolicy": "Default",
        "terminationGracePeriodSeconds": 0,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": uid,
            "runAsGroup": uid,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [container],
        "volumes": [{"name": "scratch", "emptyDir": scratch}],
    }
    if spec.gpu:
        pod["tolerations"] = [{"key": WHOLE_CARD, "operator": "Exists"}]
    if containers.runtime:
        pod["runtimeClassName"] = containers.runtime
    labels = APP | {LABEL: host_name()[:LONGEST_LABEL]}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name, "labels": labels},
        "spec": {
            "backoffLimit": 0,
            "activeDeadlineSeconds": math.ceil(
                limits.wall_seconds + STARTED_WITHIN_SECONDS
            ),
            "ttlSecondsAfterFinished": KEPT_SECONDS,
            "template": {"metadata": {"labels": labels}, "spec": pod},
        },
    }


class KubernetesWall(ContainerWall):
    """Needs `kubectl` with an account that may make Jobs and attach to their pods."""

    kind = "kubernetes"
    client: ClassVar[str] = "kubectl"

    def __init__(self, containers: Containers) -> None:
        """Let no job have a network.

        Raises:
            EngineSilent: no cluster answers, or it refuses.
        """
        super().__init__(containers)
        self._ask("apply", "--filename=-", told=network_policy())

    def _ask(self, *words: str, told: Any = None) -> str:
        return self.ask(*words, f"--namespace={self.containers.namespace}", told=told)

    def start(self, spec: JobSpec, *, name: str, uid: int) -> list[str]:
        made = job(spec, containers=self.containers, name=name, uid=uid)
        self._ask("create", "--filename=-", told=made)
        within = f"--pod-running-timeout={STARTED_WITHIN_SECONDS:.0f}s"
        words = [self.client, "attach", "--stdin", "--quiet", within]
        return [*words, f"--namespace={self.containers.namespace}", f"job/{name}"]

    def counted(self, name: str) -> Counted | None:
        """Ask until the cluster has noticed the end, which it does a moment later."""
        deadline = time.monotonic() + TOLD_WITHIN_SECONDS
        while time.monotonic() < deadline:
            with suppress(EngineSilent, ValueError, LookupError):
                listed = self._ask(
                    "get", "pods", f"--selector=job-name={name}", "--output=json"
                )
                [pod] = json.loads(listed)["items"]
                ended = pod["status"]["containerStatuses"][0]["state"]["terminated"]
                is_out_of_memory = ended.get("reason") == "OOMKilled"
                return Counted(int(ended["exitCode"]), is_out_of_memory)
            time.sleep(PAUSE_SECONDS)
        return None

    def remove(self, name: str) -> None:
        with suppress(
            EngineSilent
        ):  # its deadline ends it, and its time to live removes it
            self._ask("delete", "job", name, "--wait=false", "--ignore-not-found")
