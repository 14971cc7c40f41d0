"""What people do with contests: open, join, hand in, withdraw, score anew."""

from training.contests.services.entering import (
    add_baseline,
    join_contest,
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
    "ContestPlan",
    "add_baseline",
    "close_contest",
    "drop_rescore",
    "extend_contest",
    "join_contest",
    "open_contest",
    "publish_rescore",
    "rescore",
    "submit",
    "update_contest",
    "withdraw",
]
