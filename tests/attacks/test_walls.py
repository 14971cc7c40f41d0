"""No attack gets through a wall that gets through no wall; a benign job gets through."""

from dataclasses import dataclass
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


@dataclass(frozen=True)
class Attack:
    """`ends` are the ways it may end behind a wall; None: it ends and has gained nothing.

    `trace` names what would be left in the world, had it succeeded.
    """

    name: str
    ends: frozenset[str] = frozenset({"OK"})
    trace: str = ""
    control_as: str = "member"
    walls: tuple[str, ...] = ("bwrap", "landlock")


def stopped(*ends):
    return frozenset(ends)


ATTACKS = [
    Attack("read_passwd"),
    Attack("read_labels"),
    Attack("read_environments"),
    Attack("open_tcp"),
    Attack("send_udp"),
    Attack("open_abstract_socket"),
    Attack("kill_worker", trace="is_victim_killed"),
    Attack("trace_worker"),
    Attack("limit_worker", trace="is_victim_limited"),
    Attack("see_worker", walls=("bwrap",)),  # Landlock does not hide names in /proc
    Attack("open_labels_to_all", trace="are_labels_open"),
    Attack("fork_bomb"),
    Attack("memory_bomb", ends=stopped("OK", "OUT_OF_MEMORY")),
    Attack("many_small_bombs", ends=stopped("OK", "OUT_OF_MEMORY")),
    Attack("memfd_bomb", ends=stopped("OK", "OUT_OF_MEMORY")),
    Attack("shared_memory_bomb", ends=stopped("OK", "OUT_OF_MEMORY")),
    Attack("fill_disk", ends=stopped("OK", "OUT_OF_SCRATCH")),
    Attack("make_many_files", ends=stopped("OK", "OUT_OF_SCRATCH", "OUT_OF_MEMORY")),
    Attack("leave_something", trace="left", walls=("landlock",)),
    Attack("survive", trace="survivors"),
    Attack("sleep_for_ever", ends=stopped("OUT_OF_TIME")),
    Attack("burn", ends=stopped("OUT_OF_CPU", "FAILED", "OK")),
    Attack("flood_log", ends=stopped("OUT_OF_OUTPUT")),
    Attack("flood_result"),
    Attack("new_namespace"),
    Attack("keep_a_key"),
    Attack("ring_buffer"),
    Attack("change_kernel", control_as="root"),
    Attack("run_setuid"),
]
BY_NAME = {attack.name: attack for attack in ATTACKS}
GAINS_IN_SIGHT = {"survive", "kill_worker"}  # what counts is what they leave
SITUATED = [
    pytest.param(attack, wall, account, id=f"{attack.name}-{wall}-{account}")
    for attack in ATTACKS
    for wall, account in SITUATIONS
    if wall in attack.walls
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
def control(name):
    return fight(name, wall=None, account=BY_NAME[name].control_as)


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_without_a_wall_the_attack_succeeds(attack):
    happened = control(attack.name)

    if attack.name in {"sleep_for_ever", "burn"}:
        assert happened["status"] == "STILL RUNNING"
    elif attack.name == "flood_log":
        assert happened["log_bytes"] == 100 * 2**20
    elif attack.name == "flood_result":
        assert happened["answer_bytes"] == 20 * 2**20
    else:
        assert happened["said"].startswith("ESCAPED"), happened
    if attack.trace:
        assert has_trace(happened, attack.trace), happened


@pytest.mark.parametrize(("attack", "wall", "account"), SITUATED)
def test_behind_a_wall_it_gains_nothing(attack, wall, account):
    require(wall, account)

    happened = fight(attack.name, wall=wall, account=account)

    assert happened["status"] in attack.ends, happened
    if attack.name not in GAINS_IN_SIGHT:
        assert not happened["said"].startswith("ESCAPED"), happened
    assert happened["is_victim_alive"]
    assert not happened["is_victim_limited"]
    assert not happened["are_labels_open"]
    assert happened["left"] == []
    assert happened["survivors"] == 0
    assert happened["jobs_left"] == []
    assert happened["log_bytes"] <= 64 * 1024
    assert happened["answer_bytes"] <= 5 * 2**20


@pytest.mark.parametrize(("wall", "account"), SITUATIONS)
def test_what_a_job_says_of_itself_is_capped_even_if_forged(wall, account):
    require(wall, account)

    happened = fight("forge_answer", wall=wall, account=account)

    assert happened["answer_bytes"] <= 5 * 2**20
    assert happened["status"] in {"OK", "OUT_OF_OUTPUT", "OUT_OF_TIME", "FAILED"}


@pytest.mark.parametrize(("wall", "account"), [*SITUATIONS, ("none", "root")])
def test_a_benign_job_succeeds(wall, account):
    require(wall, account)

    happened = fight("benign", wall=wall, account=account)

    assert happened["status"] == "OK", happened
    assert happened["said"] == "ESCAPED 14.0 and a child said 6", happened
