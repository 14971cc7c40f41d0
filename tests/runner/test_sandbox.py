"""The sandbox from the worker's side: what it finds, uses, leaves and refuses."""

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import venv
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.attacks.accounts import REPOSITORY, command_as_root, run_as_member
from tests.attacks.arena import survivors
from training.jobs import MIB, Limits
from training.runner.failures import ANSWERED, BEGUN
from training.runner.sandbox import level, runtime
from training.runner.sandbox.beside import LandlockWall, NoWall, landlock_version
from training.runner.sandbox.bwrap import BwrapWall
from training.runner.sandbox.cgroups import PREFIX, find_hierarchy
from training.runner.sandbox.level import (
    WallFailed,
    choose_sandbox,
    prove,
    sandbox_level,
)
from training.runner.sandbox.process import sealed
from training.runner.sandbox.spec import JobSpec, Risk, SandboxUnavailable, Status
from training.runner.sandbox.wall import is_root

LIMITS = Limits(memory_bytes=128 * MIB, cpu_seconds=10, wall_seconds=30.0)
NOWHERE = Path("/nowhere/python")
WALLS = [
    pytest.param(
        BwrapWall,
        marks=pytest.mark.skipif(
            BwrapWall.program() is None, reason="bubblewrap is not installed"
        ),
    ),
    pytest.param(
        LandlockWall,
        marks=pytest.mark.skipif(
            landlock_version() < 6, reason="this kernel has no such Landlock"
        ),
    ),
]


def answer_of(result):
    """Return what a submitted script answered."""
    assert result.output.startswith(BEGUN + ANSWERED), result.log_tail
    return result.output.removeprefix(BEGUN + ANSWERED)


def code(script, *, limits=LIMITS):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("predict.py", script)
    return JobSpec(
        "run_code",
        limits,
        inputs={"archive": packed.getvalue(), "inputs": b"id\n1\n"},
        arguments={"task": "", "unpacked_bytes": 10**6, "output_bytes": 10**6},
        packages=("numpy",),
    )


def saying(expression, *, imports="os"):
    told = f"open(os.environ['OUTPUTS'], 'w').write(str({expression}))"
    return code(f"import os, {imports}\n{told}")


@pytest.mark.parametrize("wall", WALLS)
def test_a_wall_is_proved_within_seconds(wall):
    begun = time.monotonic()

    prove(wall())

    assert time.monotonic() - begun < 10


def test_no_wall_is_found_out():
    with pytest.raises(WallFailed, match=r"read /etc/passwd.*open a network socket"):
        prove(NoWall())


def test_the_level_is_named_with_what_would_be_better():
    found = sandbox_level()

    assert found.name.count("+") in {0, 2, 3}
    assert found.is_safe or found.reasons


def test_without_a_safe_wall_only_the_operators_word_lets_models_run():
    found = sandbox_level(python=NOWHERE)

    assert not found.is_safe
    assert "cannot be built" in found.reasons[0] or "not installed" in found.reasons[0]
    with pytest.raises(SandboxUnavailable, match="ALLOW_UNSANDBOXED=1"):
        choose_sandbox(python=NOWHERE)
    allowed = choose_sandbox(allow_unsandboxed=True, python=NOWHERE)
    assert allowed.name.startswith("none+")


@pytest.mark.skipif(landlock_version() < 6, reason="this kernel has no such Landlock")
def test_landlock_without_a_control_group_reads_tables_and_runs_nothing():
    wall = LandlockWall()
    wall.hierarchy = None
    found = level._found(wall)

    assert level._holding(Risk.TABLES, found) is wall
    with pytest.raises(SandboxUnavailable, match="runs neither models nor code"):
        level._holding(Risk.CODE, found)


@pytest.mark.parametrize("wall", WALLS)
def test_a_job_has_an_account_that_is_not_root(wall):
    result = wall().run(saying("[os.getuid(), os.geteuid(), os.getgroups()]"))

    uid, effective, groups = json.loads(answer_of(result))
    assert uid == effective != 0
    assert 0 not in groups


@pytest.mark.parametrize("wall", WALLS)
def test_a_job_gets_only_the_libraries_it_was_given(wall):
    script = """
import importlib.util, os
names = ("numpy", "onnxruntime", "polars", "django", "pip", "training.jobs")
def has(name):
    try:
        return importlib.util.find_spec(name) is not None
    except ImportError:
        return False
open(os.environ["OUTPUTS"], "w").write(str([name for name in names if has(name)]))
"""

    result = wall().run(code(script))

    assert answer_of(result) == b"['numpy']", result.log_tail


@pytest.mark.parametrize("wall", WALLS)
def test_a_job_knows_nothing_of_the_workers_environment(wall, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "secret")

    result = wall().run(saying("sorted(os.environ)"))

    assert b"DATABASE_URL" not in result.output
    assert b"RESULT_FD" not in result.output


@pytest.mark.parametrize("wall", WALLS)
def test_jobs_run_side_by_side(wall):
    made = wall()
    spec = saying("os.getpid() and 'well'")

    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda _: made.run(spec), range(8)))

    assert [answer_of(result) for result in results] == [b"well"] * 8


def test_nothing_is_left_open_or_lying_about():
    wall = choose_sandbox(allow_unsandboxed=True)
    wall.run(saying("1"))
    before = set(os.listdir("/proc/self/fd"))  # noqa: PTH208  a snapshot
    groups = _groups()

    for _ in range(3):
        wall.run(saying("1"))

    assert set(os.listdir("/proc/self/fd")) == before  # noqa: PTH208  likewise
    assert _groups() == groups


def _groups():
    hierarchy = find_hierarchy()
    folders = hierarchy.folders.values() if hierarchy else ()
    own = f"{PREFIX}{os.getpid()}-*"
    return [found for folder in folders for found in folder.glob(own)]


def test_memory_and_time_are_accounted():
    script = """
import time
block = bytearray(60 * 2**20)
block[::4096] = b"x" * len(block[::4096])
end = time.process_time() + 0.5
while time.process_time() < end:
    pass
open(__import__("os").environ["OUTPUTS"], "w").write("done")
"""

    result = choose_sandbox(allow_unsandboxed=True).run(code(script))

    assert result.status is Status.OK
    assert 60 * MIB < result.peak_memory_bytes < 128 * MIB
    assert 0.4 < result.cpu_seconds < 5
    assert result.wall_seconds >= 0.4


def test_a_log_keeps_its_end():
    limits = Limits(log_bytes=1000, memory_bytes=128 * MIB)
    script = (
        "import os\nfor n in range(500): print(n)\nopen(os.environ['OUTPUTS'], 'w')"
    )
    heard = []

    result = choose_sandbox(allow_unsandboxed=True).run(
        code(script, limits=limits), on_log=heard.append
    )

    assert len(result.log_tail) == 1000
    assert result.log_tail.endswith("498\n499\n")
    assert sum(map(len, heard)) == 1000
    assert heard[0].startswith("0\n1\n")


def test_sealed_inputs_cannot_be_changed():
    with sealed(b"truth") as fd:
        assert os.pread(fd, 10, 0) == b"truth"
        with pytest.raises(PermissionError):
            os.pwrite(fd, b"x", 0)
        with pytest.raises(PermissionError):
            os.ftruncate(fd, 0)
        reopened = os.open(f"/proc/self/fd/{fd}", os.O_RDWR)
        with pytest.raises(PermissionError):
            os.write(reopened, b"x")
        os.close(reopened)


def test_large_files_are_copied_whole(tmp_path):
    path = tmp_path / "large"
    path.write_bytes(os.urandom(5 * MIB + 3))

    with sealed(path) as fd:
        assert os.pread(fd, 6 * MIB, 0) == path.read_bytes()


class Interrupted(Exception):
    pass


@pytest.mark.parametrize("wall", WALLS)
def test_a_caller_that_breaks_down_leaves_no_job_behind(wall):
    token = f"stoa-broken-{os.getpid()}-{time.monotonic_ns()}"
    script = f"""
import os, subprocess, sys
if os.fork() == 0:
    os.setsid()
child = [sys.executable, "-S", "-c", "import time; time.sleep(90) # {token}"]
subprocess.run(child)
"""

    def interrupt():
        if len(survivors(token)) > 1:
            raise Interrupted
        return False

    with pytest.raises(Interrupted):
        wall().run(code(script), stop=interrupt)

    deadline = time.monotonic() + 5
    while survivors(token) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert survivors(token) == []


KILLED_WORKER = """
import sys
from tests.runner.test_sandbox import WORKER_WALLS, code
token, wall = sys.argv[1:]
script = f'''
import os, subprocess, sys
if os.fork() == 0:
    os.setsid()
child = [sys.executable, "-S", "-c", "import time; time.sleep(90) # {token}"]
subprocess.run(child)
'''
print("begun", flush=True)
WORKER_WALLS[wall]().run(code(script))
"""
WORKER_WALLS = {"bwrap": BwrapWall, "landlock": LandlockWall}


@pytest.mark.parametrize("wall", ["bwrap", "landlock"])
def test_a_killed_worker_takes_its_jobs_along(wall):
    if wall == "bwrap" and BwrapWall.program() is None:
        pytest.skip("bubblewrap is not installed")
    token = f"stoa-orphan-{os.getpid()}-{time.monotonic_ns()}"
    command, environment = command_as_root("-c", KILLED_WORKER, token, wall)
    worker = subprocess.Popen(command, env=environment, cwd=REPOSITORY)
    deadline = time.monotonic() + 30

    def children():
        return [pid for pid in survivors(token) if pid != worker.pid]

    while len(children()) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert len(children()) >= 2
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    while children() and time.monotonic() < deadline:
        time.sleep(0.02)

    assert children() == []


def test_groups_of_killed_workers_are_removed_by_the_next():
    hierarchy = find_hierarchy()
    if hierarchy is None:
        pytest.skip("this process may make no control groups")
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    left = hierarchy.folders["pids"] / f"{PREFIX}{gone.pid}-abc"
    ours = hierarchy.folders["pids"] / f"{PREFIX}{os.getpid()}-abc"
    left.mkdir()
    ours.mkdir()

    NoWall()

    assert not left.exists()
    assert ours.exists()
    ours.rmdir()


@pytest.fixture
def closed_home(tmp_path):
    """Make a virtual environment with numpy below a folder that is ours alone."""
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    venv.create(home / "venv", with_pip=False)
    packages = next((home / "venv" / "lib").glob("python*/site-packages"))
    for found in runtime.find_runtime(("numpy",), python=None).binds:
        name = Path(found.place).name
        if name.startswith("numpy"):
            shutil.copytree(found.source, packages / name, symlinks=True)
    return home / "venv" / "bin" / "python"


@pytest.mark.parametrize("wall", WALLS)
def test_an_interpreter_below_a_closed_folder_serves(wall, closed_home):
    made = wall(python=closed_home)

    result = made.run(saying("numpy.arange(5).sum()", imports="numpy"))

    assert answer_of(result) == b"10", result.log_tail
    described = runtime.find_runtime(("numpy",), python=closed_home)
    sources = [str(bind.source) for bind in described.binds]
    assert any(str(closed_home.parents[2]) in source for source in sources)


def test_an_interpreter_that_lacks_a_library_is_told(tmp_path):
    venv.create(tmp_path / "bare", with_pip=False)

    with pytest.raises(runtime.RuntimeIncomplete, match="pip install numpy"):
        runtime.find_runtime(("numpy",), python=tmp_path / "bare" / "bin" / "python")


def test_a_member_whose_folders_are_closed_to_others_finds_a_safe_level():
    if not is_root():
        pytest.skip("the tests themselves run as a member")

    told = json.loads(run_as_member("tests.runner.level_of"))

    assert told["is_safe"], told
    assert told["name"].endswith("+memory watch")
