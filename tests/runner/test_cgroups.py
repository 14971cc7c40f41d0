import os
import subprocess
import sys

import pytest

from training.jobs import MIB, Limits
from training.runner.sandbox.cgroups import (
    HOST_LEAF,
    Hierarchy,
    JobGroup,
    find_hierarchy,
    job_group,
    located,
)

REAL = find_hierarchy()


def process(tmp_path, *, mountinfo, cgroup):
    folder = tmp_path / "process"
    folder.mkdir()
    (folder / "mountinfo").write_text(mountinfo)
    (folder / "cgroup").write_text(cgroup)
    return folder


def v2_tree(folder, *, controllers="cpuset cpu io memory pids", enabled=""):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "cgroup.controllers").write_text(controllers)
    (folder / "cgroup.subtree_control").write_text(enabled)
    (folder / "cgroup.procs").write_text("")
    return folder


def test_our_own_v1_groups_are_found_beside_each_other(tmp_path):
    root = tmp_path / "cgroup"
    for controller in ("memory", "pids", "cpu,cpuacct"):
        (root / controller / "work").mkdir(parents=True)
    mountinfo = "".join(
        f"3{n} 31 0:3{n} / {root}/{name} rw,relatime - cgroup cgroup rw,{name}\n"
        for n, name in enumerate(["memory", "pids", "cpu,cpuacct"])
    )
    cgroup = "9:memory:/work\n8:pids:/work\n7:cpu,cpuacct:/work\n0::/\n"

    found = located(process(tmp_path, mountinfo=mountinfo, cgroup=cgroup))

    assert found.version == 1
    assert found.folders == {
        "memory": root / "memory" / "work",
        "pids": root / "pids" / "work",
        "cpu": root / "cpu,cpuacct" / "work",
        "cpuacct": root / "cpu,cpuacct" / "work",
    }


def test_a_container_sees_its_part_of_the_tree_as_the_root(tmp_path):
    tree = v2_tree(tmp_path / "cg", enabled="cpu memory pids")
    mountinfo = f"41 31 0:38 /docker/abc {tree} rw - cgroup2 cgroup2 rw\n"

    found = located(process(tmp_path, mountinfo=mountinfo, cgroup="0::/docker/abc\n"))

    assert found.folders == {"memory": tree, "pids": tree, "cpu": tree}


def test_v2_makes_groups_beside_the_leaf_where_our_processes_wait(tmp_path):
    unit = v2_tree(tmp_path / "cg" / "unit", enabled="cpu memory pids")
    mountinfo = f"41 31 0:38 / {tmp_path / 'cg'} rw - cgroup2 cgroup2 rw\n"
    cgroup = f"0::/unit/{HOST_LEAF}\n"

    found = located(process(tmp_path, mountinfo=mountinfo, cgroup=cgroup))

    assert found.folders["memory"] == unit


def test_v2_hands_controllers_down(tmp_path):
    unit = v2_tree(tmp_path / "cg" / "unit")
    mountinfo = f"41 31 0:38 / {tmp_path / 'cg'} rw - cgroup2 cgroup2 rw\n"

    located(process(tmp_path, mountinfo=mountinfo, cgroup="0::/unit\n"))

    assert (unit / "cgroup.subtree_control").read_text() == "+memory +pids +cpu"


def test_without_memory_and_pids_there_are_no_groups(tmp_path):
    v2_tree(tmp_path / "cg", controllers="hugetlb")
    mountinfo = f"41 31 0:38 / {tmp_path / 'cg'} rw - cgroup2 cgroup2 rw\n"

    assert located(process(tmp_path, mountinfo=mountinfo, cgroup="0::/\n")) is None
    assert located(tmp_path / "no process") is None


def test_v2_limits_are_written_and_counts_read(tmp_path):
    group = JobGroup(
        Hierarchy(2, dict.fromkeys(("memory", "pids", "cpu"), tmp_path)), name="job"
    )
    (tmp_path / "job").mkdir()

    group.limit(Limits(memory_bytes=64 * MIB, processes=8, threads=2))

    written = {one.name: one.read_text() for one in (tmp_path / "job").iterdir()}
    assert written == {
        "memory.max": str(64 * MIB),
        "memory.swap.max": "0",
        "memory.oom.group": "1",
        "pids.max": "10",
        "cpu.max": "200000 100000",
    }
    (tmp_path / "job" / "memory.events").write_text("low 0\noom 3\noom_kill 1\n")
    (tmp_path / "job" / "pids.events").write_text("max 7\n")
    (tmp_path / "job" / "memory.peak").write_text("4096\n")
    (tmp_path / "job" / "cpu.stat").write_text("usage_usec 1500000\nuser_usec 1\n")
    assert group.has_run_out_of_memory
    assert group.has_met_process_limit
    assert group.peak_memory_bytes == 4096
    assert group.cpu_seconds == 1.5


@pytest.mark.skipif(REAL is None, reason="this process may make no control groups")
def test_a_real_group_goes_with_all_that_is_in_it():
    forks = "import os\nfor _ in range(3): os.fork()\nimport time; time.sleep(60)"
    with job_group(REAL, limits=Limits()) as group:
        enter = "import sys; [open(p, 'w').write('0') for p in sys.argv[1:]]\n"
        child = subprocess.Popen(
            [sys.executable, "-c", enter + forks, *group.entrances]
        )
        while len(_members(group)) < 8:
            assert child.poll() is None
        inside = _members(group)

    child.wait()
    assert not any(folder.exists() for folder in group.folders.values())
    assert not any(os.path.exists(f"/proc/{pid}/root/usr") for pid in inside)  # noqa: PTH110  a race is fine


def _members(group):
    return (group.folders["pids"] / "cgroup.procs").read_text().split()
