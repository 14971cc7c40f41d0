"""A container engine that contains nothing: the command lines of two, and no walls.

Run under the name of `docker` or `kubectl`, it takes the words that ours give, runs what
is to run as a plain process, and keeps in the folder $ENGINE what it was told. A word
that the real one does not know ends it.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

ENGINE = Path(os.environ["ENGINE"])
WITH_VALUE = {
    *("name", "label", "hostname", "network", "ipc", "cgroupns", "tmpfs", "shm-size"),
    *("workdir", "cap-drop", "security-opt", "user", "pids-limit", "memory", "cpus"),
    *("memory-swap", "ulimit", "log-driver", "pull", "runtime", "gpus", "entrypoint"),
}
FLAGS = {"interactive", "read-only", "init"}
KILLED = 137


def main(words):
    with (ENGINE / "asked").open("a") as asked:
        asked.write(json.dumps(words) + "\n")
    act, *rest = words
    return ACTS[Path(sys.argv[0]).name][act](rest)


def run_here(name, command):
    """Run a container's command; keep its exit code, and signal by it like an engine."""
    (ENGINE / f"{name}.running").touch()
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": os.environ["REPOSITORY"]}
    child = subprocess.Popen(
        [sys.executable, *command[1:]], cwd="/", env=environment, start_new_session=True
    )
    (ENGINE / f"{name}.pid").write_text(str(child.pid))
    code = child.wait()
    code = code if code >= 0 else 128 - code
    (ENGINE / f"{name}.code").write_text(str(code))
    return code


def end(name):
    pid = ENGINE / f"{name}.pid"
    if pid.exists():
        with suppress(ProcessLookupError):
            os.killpg(int(pid.read_text()), signal.SIGKILL)
    for path in ENGINE.glob(f"{name}.*"):
        path.unlink()
    shutil.rmtree(f"/tmp/{name}", ignore_errors=True)


def code_of(name):
    return int((ENGINE / f"{name}.code").read_text())


def docker_run(words):
    told = {}
    while words[0].startswith("--"):
        option = words.pop(0).removeprefix("--")
        if option in FLAGS:
            continue
        if option not in WITH_VALUE:
            sys.stderr.write(f"unknown flag: --{option}\n")
            return 125
        told[option] = words.pop(0)
    image, *command = words
    if "absent" in image:
        sys.stderr.write(f"No such image: {image}\n")
        return 125
    return run_here(told["name"], [told["entrypoint"], *command])


def docker_inspect(words):
    code = code_of(words[-1])
    sys.stdout.write(json.dumps({"ExitCode": code, "OOMKilled": code == KILLED}))
    return 0


def docker_rm(words):
    end(words[-1])
    return 0


def docker_ps(_):
    sys.stdout.write("\n".join(path.stem for path in ENGINE.glob("*.running")))
    return 0


def kubectl_apply(_):
    (ENGINE / "applied.json").write_text(sys.stdin.read())
    return 0


def kubectl_create(_):
    made = json.load(sys.stdin)
    (ENGINE / f"{made['metadata']['name']}.json").write_text(json.dumps(made))
    return 0


def kubectl_attach(words):
    name = words[-1].removeprefix("job/")
    made = json.loads((ENGINE / f"{name}.json").read_text())
    run_here(name, made["spec"]["template"]["spec"]["containers"][0]["command"])
    return 0  # whatever became of the job


def kubectl_get(words):
    name = next(word for word in words if "job-name=" in word).partition("job-name=")[2]
    code = code_of(name)
    reason = {KILLED: "OOMKilled", 0: "Completed"}.get(code, "Error")
    state = {"terminated": {"exitCode": code, "reason": reason}}
    pod = {"status": {"containerStatuses": [{"name": "job", "state": state}]}}
    sys.stdout.write(json.dumps({"items": [pod]}))
    return 0


def kubectl_delete(words):
    end(words[1])
    return 0


ACTS = {
    "docker": {
        "run": docker_run,
        "inspect": docker_inspect,
        "rm": docker_rm,
        "ps": docker_ps,
    },
    "kubectl": {
        "apply": kubectl_apply,
        "create": kubectl_create,
        "attach": kubectl_attach,
        "get": kubectl_get,
        "delete": kubectl_delete,
    },
}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
