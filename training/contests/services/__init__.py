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
from training.contests.services.finishing import disqualify, freeze_board
from training.contests.services.hosting import (
    ContestPlan,
    close_contest,
    extend_contest,
    open_contest,
    update_contest,
)
from training.contests.services.purses import (
    release_purse,
    return_purse,
    return_surplus,
    state_purse,
)
from training.contests.services.releasing import release_board, verify_board
from training.contests.services.rescoring import (
    drop_rescore,
    publish_rescore,
    rescore,
)
from training.contests.services.standing import (
    cancel_submission,
    retry_submission,
    retryable,
)

__all__ = [
    "MOST_BYTES",
    "ContestPlan",
    "add_baseline",
    "cancel_submission",
    "close_contest",
    "disqualify",
    "drop_rescore",
    "extend_contest",
    "freeze_board",
    "inputs_for",
    "join_contest",
    "keep_file",
    "open_contest",
    "publish_rescore",
    "release_board",
    "release_purse",
    "rescore",
    "retry_submission",
    "retryable",
    "return_purse",
    "return_surplus",
    "state_purse",
    "submit",
    "update_contest",
    "verify_board",
    "withdraw",
]
