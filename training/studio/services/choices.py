"""What a person decides before training, held against what was found in the data."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext

from marketplace.kit.errors import Malformed
from training.cutting import Manner, TableFacts
from training.learning import (
    BASELINE,
    IMAGE_TARGET,
    ImageFacts,
    LearningPlan,
    Modality,
    learners_for,
)
from training.studio.models import BUDGETS

SEEDS = 2**31


@dataclass(frozen=True, slots=True)
class Choice:
    """What a person decides about the table.

    `by` is the column of groups or of times, where the manner needs one; `left_out` are
    columns not to be learnt from. Where `text` names a column, the text in it is learnt
    from and nothing else; if that `judges_words` of people, `flagged` is the value of the
    target that speaks against them, or empty for the rarest. With `learners`, those alone
    are tried beside the baseline; with `larger`, AutoGluon is as well. It begins at once,
    or at `starts_at`.
    """

    target: str
    has_classes: bool
    manner: Manner = Manner.STRATIFIED
    by: str = ""
    left_out: Sequence[str] = ()
    text: str = ""
    judges_words: bool = False
    flagged: str = ""
    budget_seconds: int = BUDGETS[0]
    learners: Sequence[str] = ()
    larger: bool = False
    starts_at: datetime | None = None


def plan_of(choice: Choice, facts: TableFacts | ImageFacts | None) -> LearningPlan:
    """Return what a choice comes to, with a seed drawn for it.

    Raises:
        Malformed: it does not fit what was found; names the field.
    """
    check_budget(choice.budget_seconds, field="budget_seconds")
    seed = secrets.randbelow(SEEDS)
    if choice.larger and (choice.text or not isinstance(facts, TableFacts)):
        raise Malformed(
            gettext("larger: AutoGluon learns here from the columns of tables alone.")
        )
    if not isinstance(facts, TableFacts):
        _check_pictures(choice, facts)
        _check_learners(choice, Modality.IMAGE)
        return LearningPlan(
            target=IMAGE_TARGET,
            has_classes=True,
            seed=seed,
            left_out=tuple(choice.left_out),
            learners=tuple(choice.learners),
            modality=Modality.IMAGE,
        )
    _check(choice, facts)
    modality = Modality.TEXT if choice.text else Modality.TABLE
    _check_learners(choice, modality)
    return LearningPlan(
        target=choice.target,
        has_classes=choice.has_classes,
        seed=seed,
        manner=choice.manner,
        by=choice.by,
        left_out=tuple(choice.left_out),
        learners=tuple(choice.learners),
        modality=modality,
        text=choice.text,
        flagged=_flagged(choice, facts) if choice.judges_words else "",
        larger=choice.larger,
    )


def _check_learners(choice: Choice, modality: Modality) -> None:
    known = set(
        learners_for(modality, has_classes=choice.has_classes, has_backbone=True)
    )
    if unknown := sorted(
        set(choice.learners) - known | {BASELINE} & {*choice.learners}
    ):
        raise Malformed(
            gettext("learners: %(unknown)s is none that can be chosen here.")
            % {"unknown": f"{unknown[0]!r}"}
        )


def _check_pictures(choice: Choice, facts: ImageFacts | None) -> None:
    names = {name for name, _ in facts.classes} if facts else set()
    if lost := sorted(set(choice.left_out) - names):
        raise Malformed(
            gettext("left_out: there is no class %(lost)s.") % {"lost": f"{lost[0]!r}"}
        )
    if len(names - set(choice.left_out)) < 2:
        raise Malformed(gettext("left_out: leave two classes at least to tell apart."))


def _check(choice: Choice, facts: TableFacts) -> None:
    names = {one.name for one in facts.columns}
    if choice.target not in names:
        raise Malformed(
            gettext("target: the table has no column %(target)s.")
            % {"target": f"{choice.target!r}"}
        )
    if choice.manner in {Manner.GROUPED, Manner.BY_TIME}:
        if choice.by not in names - {choice.target}:
            raise Malformed(
                gettext("by: choose a column of the table that is not predicted.")
            )
    elif choice.by:
        raise Malformed(gettext("by: only groups and times need a column."))
    if lost := sorted(set(choice.left_out) - names):
        raise Malformed(
            gettext("left_out: the table has no column %(lost)s.")
            % {"lost": f"{lost[0]!r}"}
        )
    if not names - {choice.target} - set(choice.left_out):
        raise Malformed(gettext("left_out: leave a column to learn from."))
    if choice.text and choice.text not in names - {choice.target}:
        raise Malformed(
            gettext("text: choose a column of the table that is not predicted.")
        )


def _flagged(choice: Choice, facts: TableFacts) -> str:
    """Return the value that speaks against whoever wrote a text.

    Raises:
        Malformed: nothing of the kind is predicted.
    """
    if not choice.text or not choice.has_classes:
        raise Malformed(
            gettext("judges_words: only classes of a text judge people's words.")
        )
    target = next(one for one in facts.columns if one.name == choice.target)
    values = [value for value, _ in target.common]
    if not choice.flagged and target.distinct == len(values):
        return values[-1]
    if choice.flagged not in values:
        raise Malformed(
            gettext("flagged: choose a value of %(target)s, such as %(values)s.")
            % {"target": f"{choice.target!r}", "values": f"{values[-1]!r}"}
        )
    return choice.flagged


def check_budget(seconds: int, *, field: str) -> None:
    if seconds not in BUDGETS:
        listed = ", ".join(str(each) for each in BUDGETS)
        raise Malformed(
            gettext("%(field)s: choose one of %(listed)s seconds.")
            % {"field": field, "listed": listed}
        )
