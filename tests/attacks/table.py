"""The attacks by what they are after, and what counts as each being held.

Those that only look and reach try their luck one after another in one job. Those that
use up, wear down or outlive something have a job each.
"""

from dataclasses import dataclass, field

REACHES = {
    "files": ("read_passwd", "read_labels", "read_other_submission"),
    "secrets": ("read_environments",),
    "processes": ("escape_by_proc", "trace_worker", "limit_worker", "see_worker"),
    "network": (
        *("open_tcp", "send_udp", "ask_metadata", "open_netlink", "open_packets"),
        "open_abstract_socket",
    ),
    "signals": ("kill_worker",),
    "parallel submissions": ("see_parallel",),
    "namespaces": ("new_namespace",),
    "kernel": (
        *("ring_buffer", "run_in_kernel", "catch_faults", "watch_performance"),
        *("keep_a_key", "change_kernel"),
    ),
    "set-user-id programs": ("run_setuid",),
    "the next run": ("leave_something", "open_labels_to_all"),
    "pickles": ("unpickle_labels",),
}
EVERY_REACH = [name for names in REACHES.values() for name in names]
TAKES_ROOT = {"change_kernel", "open_packets", "run_in_kernel", "watch_performance"}
TRACES = {
    "limit_worker": "is_bystander_limited",
    "open_labels_to_all": "are_labels_open",
    "leave_something": "left",
    "kill_worker": "is_victim_killed",
}
BEYOND = {  # what a wall does not promise
    "leave_something": "bwrap",  # it may write its own /tmp, which ends with it
}


@dataclass(frozen=True)
class Bomb:
    """An attack that uses something up. `ends` are the ways it may end behind a wall."""

    name: str
    ends: tuple[str, ...] = ("OK",)
    limits: dict = field(default_factory=dict)
    is_endless: bool = False


OUT_OF_MEMORY = ("OK", "OUT_OF_MEMORY")  # an allocation may fail politely before
OUT_OF_SCRATCH = ("OK", "OUT_OF_SCRATCH")
BOMBS = [
    Bomb("fork_bomb"),
    Bomb("memory_bomb", OUT_OF_MEMORY),
    Bomb("many_small_bombs", OUT_OF_MEMORY),
    Bomb("memfd_bomb", OUT_OF_MEMORY),
    Bomb("shared_memory_bomb", OUT_OF_MEMORY),
    Bomb("page_table_bomb", OUT_OF_MEMORY),
    Bomb("fill_disk", OUT_OF_SCRATCH),
    Bomb("make_many_files", OUT_OF_SCRATCH),
    Bomb("survive"),
    Bomb("sleep_for_ever", ("OUT_OF_TIME",), {"wall_seconds": 0.8}, is_endless=True),
    Bomb("burn", ("OUT_OF_CPU", "OK"), {"cpu_seconds": 1}, is_endless=True),
    Bomb("flood_log", ("OUT_OF_OUTPUT",)),
    Bomb("flood_result"),
    Bomb("forge_answer", ("OK", "OUT_OF_OUTPUT", "OUT_OF_TIME"), {"wall_seconds": 3.0}),
]
CONTROL_LIMITS = {"wall_seconds": 0.8}  # of what never ends by itself
