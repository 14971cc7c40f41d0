"""No attack gets through a wall that gets through no wall; a benign job gets through.

Attacks that only look and reach try their luck one after another in one job. Those that
use up, wear down or outlive something have a job each.
"""

from dataclasses import dataclass, field
from functools import cache

import pytest

from tests.attacks.accounts import fight
from training.runner.sandbox.beside import HIDES_SOCKETS_AND_SIGNALS, landlock_version
from training.runner.sandbox.bwrap import BwrapWall

SITUATIONS = [
    ("bwrap", "root"),
    ("bwrap", "member"),
    ("landlock", "root"),
    ("landlock", "member"),
]
REACHES = [
    "read_passwd",
    "read_labels",
    "read_environments",
    "open_tcp",
    "send_udp",
    "open_abstract_socket",
    "see_worker",
    "trace_worker",
    "limit_worker",
    "open_labels_to_all",
    "keep_a_key",
    "ring_buffer",
    "run_setuid",
    "change_kernel",
    "leave_something",
    "kill_worker",
    "new_namespace",
]
TAKES_ROOT = {"change_kernel"}  # its control does; the rest any account manages
TRACES = {
    "limit_worker": "is_bystander_limited",
    "open_labels_to_all": "are_labels_open",
    "leave_something": "left",
    "kill_worker": "is_victim_killed",
}
BEYOND = {  # what a wall does not promise
    "see_worker": "landlock",  # names in /proc stay in sight
    "leave_something": "bwrap",  # it may write its own /tmp, which ends with it
}


@dataclass(frozen=True)
class Bomb:
    """An attack that uses something up. `ends` are the ways it may end behind a wall."""

    name: str
    ends: tuple[str, ...] = ("OK",)
    limits: dict = field(default_factory=dict)
    control_as: str = "member"


OUT_OF_MEMORY = ("OK", "OUT_OF_MEMORY")  # an allocation may fail politely before
BOMBS = [
    Bomb("fork_bomb"),
    Bomb("memory_bomb", OUT_OF_MEMORY),
    Bomb("many_small_bombs", OUT_OF_MEMORY),
    Bomb("memfd_bomb", OUT_OF_MEMORY),
    Bomb("shared_memory_bomb", OUT_OF_MEMORY),
    Bomb("fill_disk", ("OK", "OUT_OF_SCRATCH")),
    Bomb("make_many_files", ("OK", "OUT_OF_SCRATCH"), control_as="root"),
    Bomb("survive"),
    Bomb("sleep_for_ever", ("OUT_OF_TIME",), {"wall_seconds": 1.5}),
    Bomb("burn", ("OUT_OF_CPU", "OK"), {"cpu_seconds": 1}),
    Bomb("flood_log", ("OUT_OF_OUTPUT",)),
    Bomb("flood_result"),
]
BOMBED = [
    pytest.param(bomb, wall, account, id=f"{bomb.name}-{wall}-{account}")
    for bomb in BOMBS
    for wall, account in SITUATIONS
]


def require(wall, account):
    if wall == "bwrap" and BwrapWall.program() is None:
        pytest.skip("bubblewrap is not installed")
    version = landlock_version()
    if wall == "landlock" and not version:
        pytest.skip("this kernel has no Landlock")
    if (
        wall == "landlock"
        and account == "member"
        and version < HIDES_SOCKETS_AND_SIGNALS
    ):
        pytest.skip("Landlock alone is not accepted for members on this kernel")


def has_trace(happened, trace):
    if trace == "is_victim_killed":
        return not happened["is_victim_alive"]
    return bool(happened[trace])


@cache
def reached(wall, account):
    return fight(*REACHES, wall=wall, account=account)


@pytest.mark.parametrize("name", REACHES)
def test_without_a_wall_it_reaches(name):
    happened = reached(None, "root" if name in TAKES_ROOT else "member")

    assert happened["said"][name].startswith("ESCAPED"), happened
    if name in TRACES:
        assert has_trace(happened, TRACES[name]), happened


@pytest.mark.parametrize(("wall", "account"), SITUATIONS)
@pytest.mark.parametrize("name", REACHES)
def test_behind_a_wall_it_reaches_nothing(name, wall, account):
    require(wall, account)

    happened = reached(wall, account)

    assert happened["status"] == "OK", happened
    if BEYOND.get(name) != wall:
        assert happened["said"][name].startswith("CONTAINED"), happened
    if name in TRACES:
        assert not has_trace(happened, TRACES[name]), happened


@pytest.mark.parametrize("bomb", BOMBS, ids=lambda bomb: bomb.name)
def test_without_a_wall_the_bomb_goes_off(bomb):
    is_endless = bomb.name in {"sleep_for_ever", "burn"}
    seconds = 1.5 if is_endless else 30
    happened = fight(
        bomb.name, wall=None, account=bomb.control_as, wall_seconds=seconds
    )

    if is_endless:
        assert happened["status"] == "STILL RUNNING"
    elif bomb.name == "flood_log":
        assert happened["log_bytes"] == 100 * 2**20
    elif bomb.name == "flood_result":
        assert happened["answer_bytes"] == 20 * 2**20
    else:
        assert happened["said"][bomb.name].startswith("ESCAPED"), happened
    assert happened["survivors"] == (1 if bomb.name == "survive" else 0)


@pytest.mark.parametrize(("bomb", "wall", "account"), BOMBED)
def test_behind_a_wall_the_bomb_is_held(bomb, wall, account):
    require(wall, account)

    happened = fight(bomb.name, wall=wall, account=account, **bomb.limits)

    assert happened["status"] in bomb.ends, happened
    if bomb.name != "survive":  # it may well start; that it does not last is the point
        said = happened["said"].get(bomb.name, "")
        assert not said.startswith("ESCAPED"), happened
    assert happened["survivors"] == 0
    assert happened["jobs_left"] == []
    assert happened["log_bytes"] <= 64 * 1024
    assert happened["answer_bytes"] <= 5 * 2**20


@pytest.mark.parametrize(("wall", "account"), SITUATIONS)
def test_what_a_job_says_of_itself_is_capped_even_if_forged(wall, account):
    require(wall, account)

    happened = fight("forge_answer", wall=wall, account=account, wall_seconds=3)

    assert happened["answer_bytes"] <= 5 * 2**20
    assert happened["status"] in {"OK", "OUT_OF_OUTPUT", "OUT_OF_TIME", "FAILED"}


@pytest.mark.parametrize(("wall", "account"), [*SITUATIONS, ("none", "root")])
def test_a_benign_job_succeeds(wall, account):
    require(wall, account)

    happened = fight("benign", wall=wall, account=account)

    assert happened["status"] == "OK", happened
    assert happened["said"] == {"benign": "ESCAPED 14.0 and a child said 6"}, happened
