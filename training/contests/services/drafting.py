"""A host makes a contest from a table of a dataset, step by step, without a terminal."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext

from marketplace.accounts.models import Namespace, User
from marketplace.catalog.downloads import release_file
from marketplace.catalog.models import Kind, Repository
from marketplace.kit.audit import record_act
from marketplace.kit.errors import DomainError, Malformed
from marketplace.storage.queries import open_blob
from training.contests.datasets import dataset_terms
from training.contests.models import AT_WORK, Contest, ContestDraft, DraftState
from training.contests.services.hosting import ContestPlan, open_contest
from training.cutting import (
    FORMS,
    HELD_OUT_BPS,
    MOST_CLASSES,
    MOST_TABLE_BYTES,
    PRIVATE_BPS,
    ColumnFacts,
    ColumnKind,
    CutPlan,
    Manner,
    TableFacts,
    form_of,
)

MOST_AT_WORK = 5
HELD_OUT_RANGE = range(100, 9_001)
PRIVATE_RANGE = range(9_001)
SEEDS = 2**32


class LicenceForbids(DomainError):
    code = "licence_forbids"


class DraftElsewhere(DomainError):
    code = "draft_elsewhere"


class TooManyDrafts(DomainError):
    code = "too_many_drafts"


@dataclass(frozen=True, slots=True)
class Choice:
    """What a host decides about the table.

    `features` are the columns that entrants get; shares are in hundredths of a percent.
    `by` is the column of groups or of times, where the manner needs one.
    """

    target: str
    features: Sequence[str]
    has_classes: bool
    id_column: str = ""
    held_out_bps: int = HELD_OUT_BPS
    private_bps: int = PRIVATE_BPS
    manner: Manner = Manner.STRATIFIED
    by: str = ""


def begin_draft(
    actor: User, *, dataset: Repository, path: str, asked_at: datetime
) -> ContestDraft:
    """Have a table of a dataset looked at, as it is now.

    Args:
        actor: the host; may take the dataset's bytes.
        dataset: visible to `actor`.
        path: of a file at the newest version, in one of `training.cutting.FORMS`.
        asked_at: now.

    Raises:
        Http404, AccessRefused, NoSuchFile: see `release_file`.
        LicenceForbids: parts of the dataset may not be given to entrants; says by which
            clause.
        Malformed: it is no table, or too large.
        TooManyDrafts: `actor` has several being worked on.
    """
    if dataset.kind != Kind.DATASET:
        raise Malformed(gettext("dataset: a contest is about a dataset."))
    if not form_of(path):
        raise Malformed(
            gettext("path: choose a file that ends in %(forms)s.")
            % {"forms": ", ".join(FORMS)}
        )
    entry = release_file(actor, repository=dataset, path=path, at=asked_at)
    terms = dataset_terms(actor, dataset)
    if terms.forbids:
        raise LicenceForbids(
            "The dataset's licence does not let you give parts of it to entrants. "
            + " ".join(terms.sharing.told())
        )
    if entry.blob is None or entry.size_bytes > MOST_TABLE_BYTES:
        raise Malformed(
            gettext("path: at most %(value)s MiB can be cut here.")
            % {"value": MOST_TABLE_BYTES // 2**20}
        )
    with transaction.atomic():
        User.objects.select_for_update().get(pk=actor.pk)
        mine = ContestDraft.objects.filter(host=actor, state__in=AT_WORK)
        if mine.count() >= MOST_AT_WORK:
            raise TooManyDrafts(
                gettext(
                    "%(most_at_work)s of your tables are being worked on. Wait for one."
                )
                % {"most_at_work": MOST_AT_WORK}
            )
        draft = ContestDraft.objects.create(
            host=actor,
            dataset=dataset,
            path=path,
            table=entry.blob,
            asked_at=asked_at,
        )
        record_act(actor, "begin_contest_draft", draft, at=asked_at, path=path)
    return draft


@transaction.atomic
def choose_cut(
    actor: User, *, draft: ContestDraft, choice: Choice, asked_at: datetime
) -> ContestDraft:
    """Have the table cut as the host says; what was cut before is thrown away.

    Raises:
        PermissionDenied: it is another's.
        DraftElsewhere: a worker has it, it was opened, or it was never looked at.
        Malformed: the choice does not fit the table; names the field.
    """
    held = _held(actor, draft)
    facts = held.table_facts
    if facts is None or held.is_at_work or held.state == DraftState.OPENED:
        raise DraftElsewhere(
            gettext("This table cannot be cut now; load the page again.")
        )
    _check(choice, facts)
    plan = CutPlan(
        target=choice.target,
        features=tuple(choice.features),
        has_classes=choice.has_classes,
        seed=secrets.randbelow(SEEDS),
        id_column=choice.id_column,
        held_out_bps=choice.held_out_bps,
        private_bps=choice.private_bps,
        manner=Manner(choice.manner),
        by=choice.by,
    )
    held.plan, held.cut_facts = plan.as_json(), None
    held.training = held.inputs = held.truth = None
    _set_to_work(held, DraftState.CUTTING, at=asked_at)
    return held


@transaction.atomic
def try_draft_again(
    actor: User, *, draft: ContestDraft, asked_at: datetime
) -> ContestDraft:
    """Do the step that failed once more.

    Raises:
        PermissionDenied: it is another's.
        DraftElsewhere: it has not failed.
    """
    held = _held(actor, draft)
    if held.state != DraftState.FAILED:
        raise DraftElsewhere(gettext("Nothing of it has failed; load the page again."))
    is_looked_at = held.facts is not None and held.plan is not None
    step = DraftState.CUTTING if is_looked_at else DraftState.LOOKING
    _set_to_work(held, step, at=asked_at)
    return held


@transaction.atomic
def discard_draft(actor: User, *, draft: ContestDraft, at: datetime) -> None:
    """Throw a draft away. A contest that was opened from it stays as it is.

    Raises:
        PermissionDenied: it is another's.
    """
    held = _held(actor, draft)
    record_act(actor, "discard_contest_draft", held, at=at, path=held.path)
    held.delete()


@transaction.atomic
def open_draft(
    actor: User,
    *,
    draft: ContestDraft,
    namespace: Namespace,
    plan: ContestPlan,
    opened_at: datetime,
) -> Contest:
    """Open the contest that was cut. `plan.columns` are those of the cut.

    The files are ours and read under the draft's lock, so that a second click opens no
    second contest.

    Raises:
        PermissionDenied: it is another's, or `actor` may not write in `namespace`.
        DraftElsewhere: it is not ready, or was opened before.
        AccessRefused, LicenceForbids, Malformed, SlugTaken: see `open_contest`; the
            licence is asked again, as it is now.
    """
    held = _held(actor, draft)
    files = (held.truth_id, held.inputs_id)
    if held.state != DraftState.READY or None in files:
        raise DraftElsewhere(
            gettext("This draft is not ready to open; load the page again.")
        )
    if (terms := dataset_terms(actor, held.dataset)).forbids:
        raise LicenceForbids(" ".join(terms.sharing.told()))
    truth, inputs = (open_blob(str(sha256)) for sha256 in files)
    with truth, inputs:
        contest = open_contest(
            actor,
            namespace=namespace,
            dataset=held.dataset,
            plan=plan,
            truth=truth,
            inputs=inputs,
            opened_at=opened_at,
        )
    contest.training = held.training
    contest.save(update_fields=["training"])
    held.state, held.contest = DraftState.OPENED, contest
    held.save(update_fields=["state", "contest"])
    return contest


def _held(actor: User, draft: ContestDraft) -> ContestDraft:
    held = (
        ContestDraft.objects.select_for_update(of=("self",))
        .select_related("dataset__namespace", "dataset__work")
        .get(pk=draft.pk)
    )
    if held.host_id != actor.pk:
        raise PermissionDenied("Only who began a draft may go on with it.")
    return held


def _set_to_work(draft: ContestDraft, step: DraftState, *, at: datetime) -> None:
    draft.state, draft.asked_at, draft.begun_at = step, at, None
    draft.tries, draft.fault = 0, ""
    draft.save()


def _check(choice: Choice, facts: TableFacts) -> None:
    columns = {one.name: one for one in facts.columns}
    target = columns.get(choice.target)
    if target is None:
        raise Malformed(gettext("target: choose a column of the table."))
    _check_target(target, has_classes=choice.has_classes)
    if choice.id_column and choice.id_column not in columns:
        raise Malformed(
            gettext("id_column: choose a column of the table, or number the rows.")
        )
    if choice.id_column == choice.target:
        raise Malformed(
            gettext("id_column: the column to predict cannot name the rows.")
        )
    if not choice.features or len(set(choice.features)) != len(choice.features):
        raise Malformed(
            gettext("features: leave entrants at least one column, each once.")
        )
    for name in choice.features:
        if name not in columns or name in (choice.target, choice.id_column):
            raise Malformed(
                gettext("features: “%(name)s” cannot be one of them.") % {"name": name}
            )
    _check_manner(choice, facts)
    if choice.held_out_bps not in HELD_OUT_RANGE:
        raise Malformed(gettext("held_out_bps: hold out between 1 and 90 percent."))
    if choice.private_bps not in PRIVATE_RANGE:
        raise Malformed(
            gettext("private_bps: keep between 0 and 90 percent of those private.")
        )


def _check_manner(choice: Choice, facts: TableFacts) -> None:
    if choice.manner == Manner.STRATIFIED:
        if choice.by:
            raise Malformed(
                gettext("by: leave it empty, or split by groups or by time.")
            )
        return
    if choice.by not in {one.name for one in facts.columns}:
        raise Malformed(
            gettext("by: choose the column that says which rows go together, or when.")
        )
    if choice.by in (choice.target, choice.id_column):
        raise Malformed(
            gettext("by: choose another column than the target and the id.")
        )
    if choice.manner == Manner.GROUPED and choice.by not in facts.possible_groups:
        raise Malformed(
            gettext(
                "by: the values of “%(by)s” make no groups: there are too few, or "
                "each comes once."
            )
            % {"by": choice.by}
        )
    if choice.manner == Manner.BY_TIME and choice.by not in facts.possible_times:
        raise Malformed(
            gettext("by: “%(by)s” holds neither times nor numbers.") % {"by": choice.by}
        )


def _check_target(target: ColumnFacts, *, has_classes: bool) -> None:
    if target.distinct < 2:
        raise Malformed(
            gettext("target: “%(target_name)s” has one value only; nothing to predict.")
            % {"target_name": target.name}
        )
    if has_classes and target.distinct > MOST_CLASSES:
        raise Malformed(
            gettext(
                "target: “%(target_name)s” has %(distinct)s values; at most "
                "%(most_classes)s classes can be told apart. Predict a number "
                "instead."
            )
            % {
                "target_name": target.name,
                "distinct": f"{target.distinct:,}",
                "most_classes": f"{MOST_CLASSES:,}",
            }
        )
    if not has_classes and target.kind is ColumnKind.TEXT:
        raise Malformed(
            gettext(
                "target: “%(target_name)s” holds words, not numbers. Tell classes "
                "apart."
            )
            % {"target_name": target.name}
        )
