"""No attack gets through a wall that gets through no wall; a benign job gets through.

All that is tried against one wall, by one account, is tried by one arena.
"""

import json
import subprocess
from functools import cache

import pytest

from tests.attacks.accounts import fight
from tests.attacks.arena import LIMITS
from tests.attacks.table import (
    BEYOND,
    BOMBS,
    CONTROL_LIMITS,
    EVERY_REACH,
    TAKES_ROOT,
    TRACES,
)
from training.runner.sandbox.beside import HIDES_SOCKETS_AND_SIGNALS, landlock_version
from training.runner.sandbox.bwrap import BwrapWall

SITUATIONS = [
    ("bwrap", "root"),
    ("bwrap", "member"),
    ("bwrap", "watched"),
    ("landlock", "root"),
    ("landlock", "member"),
]
MIB = 2**20
UNHELD = [bomb for bomb in BOMBS if bomb.name != "forge_answer"]  # a wall has the pipe
GROUPS = [["benign"], EVERY_REACH, *([bomb.name] for bomb in BOMBS)]


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


def battle(wall, account):
    """Return what became of every attack, by its name."""
    require(wall, account)
    limits = {bomb.name: bomb.limits for bomb in BOMBS}
    rounds = [
        {"attacks": names, "limits": limits.get(names[0], {})} for names in GROUPS
    ]
    return _by_name(json.dumps(rounds), wall=wall, account=account)


def controls(account):
    """Return what becomes of the attacks that succeed for `account` without a wall."""
    takes_root = account == "root"
    reaches = [name for name in EVERY_REACH if (name in TAKES_ROOT) is takes_root]
    rounds = [{"attacks": reaches}] + [
        {"attacks": [bomb.name], "limits": CONTROL_LIMITS if bomb.is_endless else {}}
        for bomb in UNHELD
        if not takes_root
    ]
    return _by_name(json.dumps(rounds), wall=None, account=account)


def _by_name(rounds, *, wall, account):
    told = _fought(rounds, wall, account)
    if isinstance(told, BaseException):
        raise told
    return {
        name: happened
        for one, happened in zip(json.loads(rounds), told, strict=True)
        for name in one["attacks"]
    }


@cache
def _fought(rounds, wall, account):
    """Fight once, whatever comes of it."""
    try:
        return fight(json.loads(rounds), wall=wall, account=account)
    except (AssertionError, subprocess.TimeoutExpired) as fault:
        return fault


@pytest.mark.parametrize("name", EVERY_REACH)
def test_without_a_wall_it_reaches(name):
    happened = controls("root" if name in TAKES_ROOT else "member")[name]

    assert happened["said"][name].startswith("ESCAPED"), happened
    if name in TRACES:
        assert happened[TRACES[name]], happened


@pytest.mark.parametrize(("wall", "account"), SITUATIONS)
@pytest.mark.parametrize("name", EVERY_REACH)
def test_behind_a_wall_it_reaches_nothing(name, wall, account):
    happened = battle(wall, account)[name]

    assert happened["status"] == "OK", happened
    if BEYOND.get(name) != wall:
        assert happened["said"][name].startswith("CONTAINED"), happened
    if name in TRACES:
        assert not happened[TRACES[name]], happened


@pytest.mark.parametrize(
    "bomb",
    [bomb for bomb in BOMBS if bomb.name != "forge_answer"],
    ids=lambda it: it.name,
)
def test_without_a_wall_the_bomb_goes_off(bomb):
    happened = controls("member")[bomb.name]

    if bomb.is_endless:
        assert happened["status"] == "STILL RUNNING"
    elif bomb.name == "flood_log":
        assert happened["log_bytes"] == 8 * MIB
    elif bomb.name == "flood_result":
        assert happened["answer_bytes"] == 4 * MIB
    else:
        assert happened["said"][bomb.name].startswith("ESCAPED"), happened
    assert happened["survivors"] == (1 if bomb.name == "survive" else 0)


@pytest.mark.parametrize(("wall", "account"), SITUATIONS)
@pytest.mark.parametrize("bomb", BOMBS, ids=lambda it: it.name)
def test_behind_a_wall_the_bomb_is_held(bomb, wall, account):
    happened = battle(wall, account)[bomb.name]

    assert happened["status"] in bomb.ends, happened
    if bomb.name not in {"survive", "forge_answer"}:
        said = happened["said"].get(bomb.name, "")
        assert not said.startswith("ESCAPED"), happened
    assert happened["survivors"] == 0
    assert happened["left"] == []
    assert happened["jobs_left"] == []
    assert happened["log_bytes"] <= LIMITS.log_bytes
    assert happened["answer_bytes"] <= LIMITS.output_bytes + MIB  # of one last chunk


@pytest.mark.parametrize(("wall", "account"), SITUATIONS)
def test_a_benign_job_succeeds(wall, account):
    happened = battle(wall, account)["benign"]

    assert happened["status"] == "OK", happened
    assert happened["said"] == "14.0 and a child said 6", happened
    is_watched = happened["counter"] == "memory watch"
    assert is_watched == (account == "watched"), "no control group can be made here"
