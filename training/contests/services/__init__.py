"""What people do with contests: open, join, hand in, withdraw, score anew."""

from training.contests.services.entering import (
    MOST_BYTES,
    add_baseline,
    inputs_for,
    join_contest,
    keep_file,
    submit,
    withdraw,
)
from training.contests.services.hosting import (
    ContestPlan,
    close_contest,
    extend_contest,
    open_contest,
    update_contest,
)
from training.contests.services.rescoring import (
    drop_rescore,
    publish_rescore,
    rescore,
)

__all__ = [
    "MOST_BYTES",
    "ContestPlan",
    "add_baseline",
    "close_contest",
    "drop_rescore",
    "extend_contest",
    "inputs_for",
    "join_contest",
    "keep_file",
    "open_contest",
    "publish_rescore",
    "rescore",
    "submit",
    "update_contest",
    "withdraw",
]
