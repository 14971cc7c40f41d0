"""Moderation: reports, takedowns, what owners say against them, and putting back."""

from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.http import Http404
from django.utils.translation import gettext

from licensing.services import (
    lift_takedown,
    recall_by_takedown,
    set_listed,
    set_withheld,
)
from marketplace.accounts.models import User
from marketplace.accounts.permissions import require_staff
from marketplace.catalog.models import (
    CounterNotice,
    Ground,
    NoticeState,
    Report,
    ReportState,
    Repository,
    Takedown,
)
from marketplace.catalog.permissions import MANAGE, AnyUser, may_see, require
from marketplace.catalog.services.listings import index_repository
from marketplace.catalog.services.telling import (
    tell_decided,
    tell_owners,
    tell_received,
)
from marketplace.kit.audit import record_act
from marketplace.kit.errors import DomainError, Malformed
from marketplace.kit.words import checked_words

LONGEST_STATEMENT = 10_000
LONGEST_REASON = 5000
REPORTS_AN_HOUR = 5  # of one network without an account
STRANGERS_AN_HOUR = 20  # of all of them, on one repository
HOUR = timedelta(hours=1)


class ReportedAlready(DomainError):
    code = "reported_already"


class TooManyReports(DomainError):
    code = "too_many_reports"
    status = 429


class ReportClosed(DomainError):
    code = "report_closed"


class NotTakenDown(DomainError):
    code = "not_taken_down"


class NoticeWaits(DomainError):
    code = "notice_waits"


class NoticeClosed(DomainError):
    code = "notice_closed"


@transaction.atomic
def file_report(
    user: AnyUser,
    *,
    repository: Repository,
    ground: str,
    statement: str,
    filed_at: datetime,
    name: str = "",
    email: str = "",
    sender: str = "",
) -> Report:
    """Report a repository to the operators, with an account or without one.

    Args:
        user: who reports; sees it.
        repository: what is reported.
        ground: one of `Ground`.
        statement: what is wrong and how they know, for the operators.
        filed_at: now.
        name: who they are, without an account.
        email: where they are answered; needed without an account.
        sender: stands for the network they write from, without an account.

    Raises:
        Http404: they do not see it.
        Malformed: the message names the field.
        ReportedAlready: a report of theirs on it waits.
        TooManyReports: too many came from there, or on this, within an hour.
    """
    if repository.deleted_at is not None or not may_see(user, repository):
        raise Http404(f"There is no “{repository}”, or it is not shared with you.")
    _check_ground(ground)
    report = Report(
        repository=repository,
        ground=ground,
        statement=checked_words(statement, field="statement", most=LONGEST_STATEMENT),
        filed_at=filed_at,
    )
    if isinstance(user, User) and user.is_active:
        report.reporter = user
    else:
        report.name = checked_words(name, field="name", most=200)
        report.email = _address(email)
        report.sender = sender
        _refuse_flood(report)
    try:
        with transaction.atomic():
            report.save(force_insert=True)
    except IntegrityError as clash:
        raise ReportedAlready(
            gettext(
                "A report of yours on this waits for the operators; they read it first."
            )
        ) from clash
    record_act(
        report.reporter,
        "file_report",
        report,
        at=filed_at,
        repository=str(repository.pk),
        ground=ground,
    )
    tell_received(report, at=filed_at)
    return report


@transaction.atomic
def dismiss_report(
    actor: User, *, report: Report, decision: str, decided_at: datetime
) -> None:
    """Leave what was reported where it is, and say why.

    Raises:
        PermissionDenied: `actor` is not of the staff.
        Malformed: without a reason.
        ReportClosed: it is decided already.
    """
    require_staff(actor)
    said = checked_words(decision, field="decision", most=LONGEST_REASON)
    _decide(actor, report, ReportState.DISMISSED, said, decided_at)
    record_act(
        actor,
        "dismiss_report",
        report,
        at=decided_at,
        repository=str(report.repository_id),
    )
    tell_decided([report], at=decided_at)


@transaction.atomic
def take_down(
    actor: User,
    *,
    repository: Repository,
    ground: str,
    reason: str,
    taken_down_at: datetime,
    report: Report | None = None,
) -> Takedown:
    """Withhold a repository from everyone, its owners too, and say why in its place.

    Its pages and bytes answer 410 with the reason, it is in no list, and nothing of it
    can be ordered. What was reported of it otherwise is upheld as well. What was made of
    it is flagged, and those who made or hold that are told.

    Args:
        actor: of the staff.
        repository: what is withheld.
        ground: one of `Ground`.
        reason: shown to whoever could see it.
        taken_down_at: now.
        report: the one that led to it, which the reason answers.

    Raises:
        PermissionDenied: `actor` is not of the staff.
        Malformed: without a reason, or an unknown ground.
        ReportClosed: the report is decided already.
    """
    require_staff(actor)
    _check_ground(ground)
    said = checked_words(reason, field="reason", most=LONGEST_REASON)
    if report is not None:
        _decide(actor, report, ReportState.UPHELD, said, taken_down_at)
    held = _locked(repository)
    answered = [] if report is None else [report]
    for other in held.reports.filter(state=ReportState.OPEN).order_by("filed_at"):
        _decide(actor, other, ReportState.UPHELD, said, taken_down_at)
        answered.append(other)
    tell_decided(answered, at=taken_down_at)
    standing = held.takedowns.filter(lifted_at__isnull=True).first()
    if standing is not None:
        return standing
    takedown = Takedown.objects.create(
        repository=held,
        ground=ground,
        reason=said,
        taken_down_by=actor,
        taken_down_at=taken_down_at,
    )
    recall_by_takedown(actor, work=held.work, reason=said, recalled_at=taken_down_at)
    _withhold(held, at=taken_down_at, since=taken_down_at)
    record_act(
        actor,
        "take_down",
        held,
        at=taken_down_at,
        takedown=str(takedown.pk),
        ground=ground,
    )
    tell_owners(
        takedown,
        subject="taken down",
        text=f"The operators took this down. They say: {said} If they are wrong, say so "
        "there, and they answer.",
        at=taken_down_at,
    )
    return takedown


@transaction.atomic
def file_counter_notice(
    actor: User, *, takedown: Takedown, statement: str, filed_at: datetime
) -> CounterNotice:
    """Say, as an owner, why a takedown is wrong. The operators answer.

    Raises:
        PermissionDenied: `actor` does not manage the repository.
        Malformed: without a statement.
        NotTakenDown: it is back already.
        NoticeWaits: another one waits for an answer.
    """
    require(actor, MANAGE, takedown.repository)
    if takedown.lifted_at is not None:
        raise NotTakenDown(gettext("It is not taken down any more."))
    said = checked_words(statement, field="statement", most=LONGEST_STATEMENT)
    try:
        with transaction.atomic():
            notice = CounterNotice.objects.create(
                takedown=takedown, filed_by=actor, statement=said, filed_at=filed_at
            )
    except IntegrityError as clash:
        raise NoticeWaits(
            gettext(
                "What was said against this waits for the operators; they answer first."
            )
        ) from clash
    record_act(
        actor,
        "file_counter_notice",
        notice,
        at=filed_at,
        repository=str(takedown.repository_id),
    )
    return notice


@transaction.atomic
def reject_counter_notice(
    actor: User, *, notice: CounterNotice, answer: str, answered_at: datetime
) -> None:
    """Leave a takedown as it is, and say why.

    Raises:
        PermissionDenied: `actor` is not of the staff.
        Malformed: without an answer.
        NoticeClosed: it is answered already.
    """
    require_staff(actor)
    said = checked_words(answer, field="answer", most=LONGEST_REASON)
    open_still = CounterNotice.objects.filter(pk=notice.pk, state=NoticeState.OPEN)
    if not open_still.update(
        state=NoticeState.REJECTED,
        answer=said,
        answered_by=actor,
        answered_at=answered_at,
    ):
        raise NoticeClosed(gettext("This is answered already."))
    record_act(
        actor,
        "reject_counter_notice",
        notice,
        at=answered_at,
        repository=str(notice.takedown.repository_id),
    )
    tell_owners(
        notice.takedown,
        subject="stays taken down",
        text=f"It stays taken down. To what you said against it the operators answer: "
        f"{said}",
        at=answered_at,
    )


@transaction.atomic
def reinstate(
    actor: User, *, takedown: Takedown, reason: str, reinstated_at: datetime
) -> None:
    """Put a repository back as it was; what its owner said against it is upheld.

    Raises:
        PermissionDenied: `actor` is not of the staff.
        Malformed: without a reason.
        NotTakenDown: it is back already.
    """
    require_staff(actor)
    said = checked_words(reason, field="reason", most=LONGEST_REASON)
    held = _locked(takedown.repository)
    standing = Takedown.objects.filter(pk=takedown.pk, lifted_at__isnull=True)
    if not standing.update(
        lifted_by=actor, lifted_at=reinstated_at, lifting_reason=said
    ):
        raise NotTakenDown(gettext("It is not taken down any more."))
    CounterNotice.objects.filter(takedown=takedown, state=NoticeState.OPEN).update(
        state=NoticeState.UPHELD,
        answer=said,
        answered_by=actor,
        answered_at=reinstated_at,
    )
    lift_takedown(actor, work=held.work, reason=said, lifted_at=reinstated_at)
    _withhold(held, at=reinstated_at, since=None)
    record_act(actor, "reinstate", held, at=reinstated_at, takedown=str(takedown.pk))
    tell_owners(
        takedown,
        subject="is back",
        text=f"The operators put it back as it was. They say: {said}",
        at=reinstated_at,
    )


def _withhold(held: Repository, *, at: datetime, since: datetime | None) -> None:
    held.taken_down_at = since
    held.save(update_fields=["taken_down_at"])
    is_there = since is None and held.deleted_at is None
    set_withheld(held.work, withheld=since is not None)
    set_listed(held.work, listed=is_there and held.is_public, at=at)
    index_repository(held)


def _locked(repository: Repository) -> Repository:
    rows = Repository.objects.select_related("namespace", "work")
    return rows.select_for_update(of=("self",), no_key=True).get(pk=repository.pk)


def _decide(
    actor: User, report: Report, state: ReportState, said: str, at: datetime
) -> None:
    open_still = Report.objects.filter(pk=report.pk, state=ReportState.OPEN)
    if not open_still.update(
        state=state, decision=said, decided_by=actor, decided_at=at
    ):
        raise ReportClosed(gettext("This report is decided already."))
    report.state, report.decision = state, said


def _refuse_flood(report: Report) -> None:
    lately = Report.objects.filter(
        filed_at__gt=report.filed_at - HOUR, reporter__isnull=True
    )
    if (
        lately.filter(sender=report.sender).count() >= REPORTS_AN_HOUR
        or lately.filter(repository=report.repository).count() >= STRANGERS_AN_HOUR
    ):
        raise TooManyReports(
            gettext(
                "Too many reports came within the hour. Sign in, or come again later."
            )
        )


def _check_ground(ground: str) -> None:
    if ground not in Ground.values:
        raise Malformed(
            gettext("ground: choose one of %(values)s.")
            % {"values": ", ".join(Ground.values)}
        )


def _address(email: str) -> str:
    try:
        validate_email(email)
    except ValidationError as fault:
        raise Malformed(
            gettext("email: give an address where you can be answered.")
        ) from fault
    return email
