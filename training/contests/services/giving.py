"""What a contest gives its entrants: the features of the test rows, rows to learn from."""

from datetime import datetime

from django.utils.translation import gettext

from marketplace.accounts.models import User
from marketplace.kit.errors import DomainError
from marketplace.storage.models import Blob
from training.contests.models import Contest, ContestPhase
from training.contests.permissions import may_host
from training.contests.queries import entrant_of
from training.contests.services.registering import NotJoined


class NoInputs(DomainError):
    code = "no_inputs"
    status = 404


class InputsHidden(DomainError):
    """The host keeps the inputs back until a moment."""

    code = "inputs_hidden"


def inputs_for(
    user: User, *, contest: Contest, phase: ContestPhase | None = None, at: datetime
) -> Blob:
    """Return the features of the test rows, for those who may have them.

    Args:
        user: who asks.
        contest: whose.
        phase: of it, which may have rows of its own; they are given out when it opens.
        at: now.

    Raises:
        NoInputs: the contest gives none out.
        NotJoined: it has rules, and `user` has not accepted them.
        InputsHidden: they are given out later.
    """
    inputs, hidden_until = contest.inputs, contest.inputs_hidden_until
    if phase is not None and phase.has_board:
        inputs, hidden_until = phase.inputs, phase.starts_at
    if inputs is None:
        raise NoInputs(
            gettext("This contest has no file of inputs; see its description.")
        )
    if hidden_until is not None and at < hidden_until and not may_host(user, contest):
        raise InputsHidden(
            gettext("The inputs are given out from %(hidden_until)s UTC on.")
            % {"hidden_until": f"{hidden_until:%Y-%m-%d %H:%M}"}
        )
    require_data(user, contest)
    return inputs


def training_for(user: User, *, contest: Contest) -> Blob:
    """Return the rows to learn from, for those who may have them.

    Raises:
        NoInputs: the contest gives none out.
        NotJoined: it has rules, and `user` has not accepted them.
    """
    if contest.training is None:
        raise NoInputs(
            gettext("This contest has no file to learn from; see its description.")
        )
    require_data(user, contest)
    return contest.training


def require_data(user: User, contest: Contest) -> None:
    """Return if somebody may have what a contest gives its entrants.

    Raises:
        NotJoined: it has rules, and `user` has not accepted them.
    """
    has_joined = not contest.rules or entrant_of(user, contest) is not None
    if not has_joined and not may_host(user, contest):
        raise NotJoined
