"""What people and operators do about what is held on people."""

from marketplace.privacy.services.copying import (
    CopyAskedLately,
    ask_for_copy,
    make_copies,
    make_copy,
)
from marketplace.privacy.services.departures import (
    ask_to_leave,
    erase_due,
    stay,
)
from marketplace.privacy.services.erasing import (
    ErasedAlready,
    StandsInTheWay,
    erase_account,
)
from marketplace.privacy.services.forgetting import count_overdue, forget_overdue

__all__ = [
    "CopyAskedLately",
    "ErasedAlready",
    "StandsInTheWay",
    "ask_for_copy",
    "ask_to_leave",
    "count_overdue",
    "erase_account",
    "erase_due",
    "forget_overdue",
    "make_copies",
    "make_copy",
    "stay",
]
