"""What a job sees of a graphics card: by devices that every machine has, and by a card."""

import json
import os
import stat
import threading
from pathlib import Path

import pytest

from tests.runner.test_sandbox import LIMITS, WALLS, answer_of, code
from training.jobs import RunStopped
from training.runner.sandbox.gpu import Gpu, find_gpus, held_gpu, libraries_in
from training.runner.sandbox.level import GPU_LIMITS, choose_sandbox, sandbox_level
from training.runner.sandbox.spec import JobSpec, SandboxBroken, Status

LISTED = """
1219 libs found in cache `/etc/ld.so.cache'
\tlibnvidia-ml.so.1 (libc6,x86-64) => /usr/lib/x86_64-linux-gnu/libnvidia-ml.so.1
\tlibcudart.so.12 (libc6,x86-64) => /usr/local/cuda/lib64/libcudart.so.12
\tlibcuda.so.1 (libc6) => /usr/lib/i386-linux-gnu/libcuda.so.1
\tlibcuda.so.1 (libc6,x86-64) => /opt/driver/libcuda.so.1
\tlibcuda.so.1 (libc6,x86-64) => /usr/lib/other/libcuda.so.1
\tlibz.so.1 (libc6,x86-64) => /lib/x86_64-linux-gnu/libz.so.1
"""
NO_CARD = "this machine has no NVIDIA GPU"


def test_the_drivers_libraries_are_found_wherever_they_lie():
    assert libraries_in(LISTED) == (
        (
            Path("/usr/lib/x86_64-linux-gnu/libnvidia-ml.so.1"),
            "driver/libnvidia-ml.so.1",
        ),
        (Path("/opt/driver/libcuda.so.1"), "driver/libcuda.so.1"),
    )


def test_a_job_gets_the_nodes_of_one_card_and_of_all_controls(tmp_path):
    for name in (
        "nvidia10",
        "nvidia2",
        "nvidiactl",
        "nvidia-uvm",
        "nvidia-caps",
        "sda",
    ):
        (tmp_path / name).touch()

    two, ten = find_gpus(tmp_path)

    assert (two.index, ten.index) == (2, 10)
    assert [node.name for node in two.nodes] == ["nvidia2", "nvidiactl", "nvidia-uvm"]
    assert find_gpus(tmp_path / "absent") == ()


def test_a_card_that_is_cut_up_is_as_many_as_it_has_parts(tmp_path):
    devices, capabilities = tmp_path / "dev", tmp_path / "capabilities"
    for name in ("nvidia0", "nvidia1", "nvidiactl", "nvidia-uvm"):
        (devices / name).parent.mkdir(exist_ok=True)
        (devices / name).touch()
    for place, minor in (
        ("gi1", 12),
        ("gi1/ci0", 13),
        ("gi2", 21),
        ("gi2/ci0", 22),
    ):
        access = capabilities / "gpu1" / "mig" / place / "access"
        access.parent.mkdir(parents=True)
        access.write_text(
            f"DeviceFileMinor: {minor}\nDeviceFileMode: 292\nDeviceFileModify: 1\n"
        )

    whole, one, two = find_gpus(devices, capabilities)

    assert (whole.index, whole.part) == (0, "")
    assert [node.name for node in whole.nodes] == ["nvidia0", "nvidiactl", "nvidia-uvm"]
    assert [(each.index, each.part) for each in (one, two)] == [
        (1, "-gi1-ci0"),
        (1, "-gi2-ci0"),
    ]
    nodes = [[str(node.relative_to(devices)) for node in one.nodes[-2:]], two.nodes[-1]]
    assert nodes == [
        ["nvidia-caps/nvidia-cap12", "nvidia-caps/nvidia-cap13"],
        devices / "nvidia-caps" / "nvidia-cap22",
    ]
    with held_gpu([one, two]) as first, held_gpu([one, two]) as second:
        assert [first, second] == [one, two]


def test_each_card_is_one_jobs_at_a_time():
    cards = [Gpu(9_000 + number + os.getpid(), ()) for number in range(2)]

    with held_gpu(cards) as first, held_gpu(cards) as second:
        assert [first, second] == cards
        asked = iter((False, True))
        with pytest.raises(RunStopped), held_gpu(cards, stop=lambda: next(asked)):
            pass
        assert list(asked) == []
    with held_gpu(cards) as again:
        assert again == cards[0]
    with pytest.raises(SandboxBroken, match="this machine has none"), held_gpu([]):
        pass


def test_who_finds_each_card_taken_gets_the_one_that_is_given_back():
    card = Gpu(9_050 + os.getpid(), ())
    given_back = threading.Event()
    waited = []

    def wait():
        with held_gpu([card]):
            waited.append(given_back.is_set())

    with held_gpu([card]):
        waiting = threading.Thread(target=wait)
        waiting.start()
        waiting.join(timeout=1.0)
        assert waiting.is_alive()
        given_back.set()
    waiting.join(timeout=5.0)

    assert waited == [True]


def some_device():
    """Return a device that anybody may open and no wall shows by itself."""
    for name in ("autofs", "fuse", "rfkill", "udmabuf", "vhost-net"):
        path = Path("/dev", name)
        if path.exists() and path.stat().st_mode & stat.S_IROTH:
            return path
    pytest.skip("no device here is open to all")


LOOKS = """
import json, os
told = {"libraries": os.environ.get("LD_LIBRARY_PATH", "").split(":")[-1]}
for name in (DEVICE, "/sys/devices/system/cpu/online", "/sys/kernel/mm"):
    try:
        os.close(os.open(name, os.O_RDONLY))
        told[name] = "open"
    except OSError as refusal:
        told[name] = "closed"
if "driver" in told["libraries"]:
    told["library"] = open(told["libraries"] + "/libcuda.so.1").read()
open(os.environ["OUTPUTS"], "w").write(json.dumps(told))
"""


@pytest.mark.parametrize("wall", WALLS)
def test_a_card_is_shown_to_the_job_that_asked_and_to_no_other(wall, tmp_path):
    device = some_device()
    library = tmp_path / "libcuda.so.1"
    library.write_text("a driver")
    made = wall()
    card = Gpu(9_100 + os.getpid(), (device,), ((library, "driver/libcuda.so.1"),))
    made.gpus = (card,)
    spec = code(f"DEVICE = {str(device)!r}\n{LOOKS}", limits=LIMITS)
    asking = JobSpec(
        spec.program,
        LIMITS,
        inputs=spec.inputs,
        arguments=spec.arguments,
        packages=spec.packages,
        gpu=True,
    )

    shown, hidden = (json.loads(answer_of(made.run(one))) for one in (asking, spec))

    assert (shown[str(device)], hidden[str(device)]) == ("open", "closed")
    assert shown["/sys/devices/system/cpu/online"] == "open"
    assert shown["/sys/kernel/mm"] == "closed"
    assert shown["library"] == "a driver"
    assert "driver" not in hidden["libraries"]


def test_a_job_that_asks_for_a_card_where_none_is_may_be_tried_elsewhere():
    wall = choose_sandbox()
    if find_gpus():
        pytest.skip("this machine has a card")

    with pytest.raises(SandboxBroken, match="this machine has none"):
        wall.run(JobSpec("probe_gpu", LIMITS, gpu=True))
    assert not sandbox_level().name.endswith("+GPU")


@pytest.mark.gpu
@pytest.mark.skipif(not find_gpus(), reason=NO_CARD)
@pytest.mark.parametrize("wall", WALLS)
def test_a_kernel_runs_behind_a_wall(wall):
    result = wall().run(JobSpec("probe_gpu", GPU_LIMITS, gpu=True))

    assert result.status is Status.OK, result.log_tail
    assert result.output.startswith(b"A"), result.output
    assert json.loads(result.output[1:])
