"""Builds a world worth attacking, lets one attack loose in it, and tells what is left.

Run as a script: the attack and the wall come as JSON in the first argument, and what
happened goes to standard output. It imports nothing of Django, and so it can be run under
another account from a copy of our folders.
"""

import io
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

from tests.attacks.network import enter_network, metadata_listener
from training.jobs import MIB, Limits
from training.runner.failures import ANSWERED, BEGUN
from training.runner.sandbox.beside import LandlockWall, NoWall
from training.runner.sandbox.bwrap import BwrapWall
from training.runner.sandbox.spec import JobSpec

HOSTILE = Path(__file__).with_name("hostile.py")
HONEST = Path(__file__).with_name("honest.py")
AT_ONCE = 3
WALLS = {"bwrap": BwrapWall, "landlock": LandlockWall, "none": NoWall}
SECRET = "postgresql-password-of-the-worker"
LABELS = "id,target\n1,hidden\n"
LIMITS = Limits(
    memory_bytes=64 * MIB,
    cpu_seconds=20,
    wall_seconds=60.0,
    processes=32,
    scratch_bytes=8 * MIB,
    output_bytes=1 * MIB,
    log_bytes=16 * 1024,
)


def _greet(listener, greeting=b"hello"):
    with suppress(OSError):
        while True:
            accepted, _ = listener.accept()
            accepted.sendall(greeting)
            accepted.close()


def _echo(listener):
    with suppress(OSError):
        while True:
            _, sender = listener.recvfrom(100)
            listener.sendto(b"heard", sender)


@contextmanager
def world():
    """Yield what the attacks know of us: far more than a stranger would."""
    parallel = f"stoa-parallel-{os.getpid()}-{time.monotonic_ns()}"
    os.environ["DATABASE_URL"] = SECRET
    idle = [sys.executable, "-S", "-c", "import time; time.sleep(240)", parallel]
    victim, bystander = (
        subprocess.Popen(idle, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(2)
    )
    metadata = metadata_listener()
    tcp, udp, unix = (
        socket.create_server(("127.0.0.1", 0)),
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM),
        socket.socket(socket.AF_UNIX),
    )
    udp.bind(("127.0.0.1", 0))
    unix.bind("\0" + parallel)
    unix.listen()
    served = ((_greet, tcp), (_echo, udp), (_greet, unix), (_greet, metadata))
    for serve, listener in served:
        threading.Thread(target=serve, args=(listener,), daemon=True).start()
    try:
        with tempfile.TemporaryDirectory() as home:
            labels = Path(home, "labels.csv")
            labels.write_text(LABELS)
            labels.chmod(0o600)
            other = Path(home, "other-submission.zip")
            other.write_text("another's work")
            yield (
                {
                    "parallel": parallel,
                    "secret": SECRET,
                    "other_submission": str(other),
                    "metadata": metadata.getsockname(),
                    "labels": str(labels),
                    "home": home,
                    "worker": os.getpid(),
                    "victim": victim.pid,
                    "bystander": bystander.pid,
                    "tcp_port": tcp.getsockname()[1],
                    "udp_port": udp.getsockname()[1],
                    "abstract": parallel,
                },
                victim,
            )
    finally:
        for process in (victim, bystander):
            process.kill()
            process.wait()


def script_of(known):
    if known["attacks"] == ["benign"]:
        return HONEST.read_text()
    return f"WORLD = {known!r}\n{HOSTILE.read_text()}"


def _said(answer):
    """Read what attacks say of themselves; what is no JSON is what they forged."""
    try:
        return json.loads(answer)
    except ValueError:
        return {"forged": answer[:300].decode(errors="replace")}


def without_wall(known, limits):
    """Run the attacks as a careless platform would: a child process, and no more."""
    with tempfile.TemporaryDirectory() as folder:
        script, outputs, log = (
            Path(folder, name) for name in ("predict.py", "outputs", "log")
        )
        script.write_text(script_of(known))
        with log.open("wb") as out:
            child = subprocess.Popen(
                [sys.executable, str(script)],
                env={
                    **os.environ,
                    "OUTPUTS": str(outputs),
                    "TMPDIR": folder,
                    "OPENBLAS_NUM_THREADS": "1",
                },
                stdout=out,
                stderr=out,
                cwd=folder,
                start_new_session=True,
            )
        status = "OK"
        try:
            child.wait(timeout=limits.wall_seconds)
        except subprocess.TimeoutExpired:
            status = "STILL RUNNING"
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        answer = outputs.read_bytes() if outputs.exists() else b""
        return {
            "status": status,
            "said": _said(answer),
            "log_bytes": log.stat().st_size,
            "log": log.read_bytes()[-600:].decode(errors="replace"),
            "answer_bytes": len(answer),
        }


def behind(wall, known, limits):
    """Run the attack as a submission, behind a wall."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("predict.py", script_of(known))
    spec = JobSpec(
        "run_code",
        limits,
        inputs={"archive": packed.getvalue(), "inputs": b"id,x\n1,2\n"},
        arguments={
            "task": "",
            "unpacked_bytes": 10 * MIB,
            "output_bytes": limits.output_bytes,
        },
        packages=("numpy",),
    )
    result = wall.run(spec)
    return {
        "status": result.status.value,
        "said": _said(result.output.removeprefix(BEGUN).removeprefix(ANSWERED)),
        "log_bytes": len(result.log_tail),
        "answer_bytes": len(result.output),
        "log": result.log_tail[-600:],
        "peak": result.peak_memory_bytes,
    }


def survivors(token):
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if token.encode() in (folder / "cmdline").read_bytes():
                found.append(int(folder.name))
    return found


def survivors_of(token):
    """Count what runs on of a job, which is to be nothing, and end it."""
    alive = [pid for pid in survivors(token) if pid != os.getpid()]
    for pid in alive:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return len(alive)


def left_by(token, home):
    """Tell where a job left files; remove them."""
    places = ("/tmp", "/var/tmp", "/dev/shm", home)
    found = [path for place in places for path in Path(place).glob(f"{token}*")]
    for path in found:
        path.unlink()
    return sorted({str(path.parent) for path in found})


def fought(one, known, wall):
    """Let one round's attacks loose; tell what they did."""
    token = f"stoa-attack-{os.getpid()}-{secrets.token_hex(8)}"
    known = known | {"attacks": one["attacks"], "token": token}
    limits = replace(LIMITS, **one.get("limits", {}))
    loose = without_wall if wall is None else partial(behind, wall)
    return loose(known, limits) | {
        "survivors": survivors_of(token),
        "left": left_by(token, known["home"]),
    }


def main(asked):
    """Fight all rounds, some at once; tell of each, and of the world after all."""
    enter_network()
    with world() as (known, victim):
        wall = asked["wall"] and WALLS[asked["wall"]]()
        if asked["is_watched"]:
            wall.hierarchy = None
        # without groups, what one job forks counts against its account's other jobs
        with ThreadPoolExecutor(1 if asked["is_watched"] else AT_ONCE) as pool:
            told = list(
                pool.map(partial(fought, known=known, wall=wall), asked["rounds"])
            )
        limits = Path(f"/proc/{known['bystander']}/limits").read_text()
        folders = Path(tempfile.gettempdir()).glob(f"stoa-job-{os.getpid()}-*")
        after = {
            "is_victim_killed": victim.poll() is not None,
            "is_bystander_limited": "Max open files            3 " in limits,
            "are_labels_open": Path(known["labels"]).stat().st_mode & 0o077 != 0,
            "jobs_left": [str(one) for one in folders],
            "counter": wall and wall.name.rsplit("+", 1)[1],
        }
        sys.stdout.write(json.dumps([one | after for one in told]))
        sys.stdout.flush()


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
    os._exit(0)
