"""What our bundle tells of a contest beside its words and data: written and restored."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Protocol

from django.utils.translation import gettext

from marketplace.accounts.models import User
from marketplace.kit.errors import DomainError, Malformed
from marketplace.storage.models import Blob
from marketplace.storage.queries import open_blob
from training.contests.entries import kits_of, pages_of
from training.contests.hosted_programs import program_of
from training.contests.importers.archive import Part
from training.contests.importers.home import (
    FILE,
    HomeDescription,
    ProgramHome,
)
from training.contests.importers.home_extras import (
    EntryHome,
    ExtrasHome,
    KitHome,
    NewsHome,
    PageHome,
    PhaseHome,
)
from training.contests.models import (
    Announcement,
    Contest,
    ContestPage,
    ContestPhase,
    Format,
    Registration,
    ScoringProgram,
    Task,
)
from training.contests.queries import phases_of
from training.contests.revisions import commit_named
from training.contests.services.guarding import guard_phase
from training.contests.services.inviting import check_team_size, checked_domains
from training.contests.services.kits import MOST_KITS, put_kit
from training.contests.services.pages import MOST_PAGES, checked_words
from training.contests.services.phasing import MOST_PHASES, PhasePlan, check_phase
from training.contests.services.programs import ProgramPlan, own_program
from training.contests.tables import Columns, check_inputs, read_truth

MOST_NEWS = 1_000


class Placing(Protocol):
    """Notes a blob for a path of the bundle, if it is there and may be told."""

    def __call__(
        self, path: str, blob: Blob | None, *, is_told: bool = True
    ) -> Part | None: ...


def extras_of(
    contest: Contest,
    part: Placing,
    *,
    program: Callable[[ScoringProgram, str], ProgramHome],
    with_truth: bool,
) -> tuple[ExtrasHome[ProgramHome], dict[str, str]]:
    """Return what there is of a contest, and its texts by their names.

    Args:
        contest: to export.
        part: places a file in the bundle.
        program: describes a phase's own program, its files below a folder.
        with_truth: whether labels go along.
    """
    pages = list(pages_of(contest))
    news = list(contest.announcements.order_by("announced_at", "pk"))
    words = {f"pages/{page.slug}": page.text for page in pages}
    words |= {f"news/{at:03}": each.text for at, each in enumerate(news, start=1)}
    extras = ExtrasHome(
        entry=EntryHome(
            registration=str(contest.registration),
            email_domains=tuple(contest.email_domains),
            max_team_size=contest.max_team_size,
            total_limit=contest.total_limit,
            allows_practice=contest.allows_practice,
            inputs_hidden_until=contest.inputs_hidden_until,
            board_hidden_until=contest.board_hidden_until,
        ),
        pages=tuple(PageHome(page.slug, page.title) for page in pages),
        news=tuple(NewsHome(each.title, each.announced_at) for each in news),
        kits=tuple(
            KitHome(
                kit.name,
                part(f"kits/{at}", kit.blob),
                f"{kit.commit.repository.plural}/{kit.commit.repository}"
                if kit.commit
                else "",
                kit.commit.oid if kit.commit else "",
            )
            for at, kit in enumerate(kits_of(contest))
        ),
        phases=tuple(
            _phase_told(phase, part, program=program, with_truth=with_truth)
            for phase in phases_of(contest).select_related("truth", "inputs")
        ),
    )
    return extras, words


def _phase_told(
    phase: ContestPhase,
    part: Placing,
    *,
    program: Callable[[ScoringProgram, str], ProgramHome],
    with_truth: bool,
) -> PhaseHome[ProgramHome]:
    contest, folder = phase.contest, f"phases/{phase.number}"
    scored_by = (
        program_of(contest, phase=phase)
        if phase.has_board and contest.task == Task.PROGRAM
        else None
    )
    truth = None if scored_by else phase.truth
    return PhaseHome(
        name=phase.name,
        starts_at=phase.starts_at,
        ends_at=phase.ends_at,
        daily_limit=phase.daily_limit,
        total_limit=phase.total_limit,
        formats=tuple(str(each) for each in phase.formats),
        counts=phase.counts,
        carries=phase.carries,
        board_hidden_until=phase.board_hidden_until,
        split_column=phase.split_column,
        truth=part(f"{folder}/truth.csv", truth, is_told=with_truth),
        inputs=part(f"{folder}/inputs.csv", phase.inputs),
        program=program(scored_by, f"{folder}/") if scored_by else None,
    )


def restore_extras(
    actor: User,
    contest: Contest,
    described: HomeDescription,
    parts: Mapping[Part, Blob],
    *,
    program: Callable[[ProgramHome], ProgramPlan],
    at: datetime,
) -> list[str]:
    """Give a new contest what its bundle tells; nobody gets a letter.

    Args:
        actor: its host.
        contest: just opened.
        described: what the bundle says.
        parts: its files in the store.
        program: makes a plan of a phase's own program.
        at: now.

    Returns:
        The names of kits that are versions of repositories which are not here, or not
        for the host; they are left out.

    Raises:
        Malformed: something does not hold together.
    """
    extras, words = described.extras, described.words
    many = (
        (extras.pages, MOST_PAGES),
        (extras.kits, MOST_KITS),
        (extras.phases, MOST_PHASES),
        (extras.news, MOST_NEWS),
    )
    if any(len(found) > most for found, most in many):
        raise Malformed(
            gettext("%(file)s: it has too many pages, kits, phases or news.")
            % {"file": FILE}
        )
    _restore_entry(contest, extras.entry)
    for number, page in enumerate(extras.pages, start=1):
        title, text = checked_words(page.title, words[f"pages/{page.slug}"])
        ContestPage.objects.create(
            contest=contest, number=number, slug=page.slug, title=title, text=text
        )
    for number, each in enumerate(extras.news, start=1):
        title, text = checked_words(each.title[:100], words[f"news/{number:03}"])
        Announcement.objects.create(
            contest=contest,
            author=actor,
            title=each.title[:200] or title,
            text=text,
            announced_at=each.announced_at,
        )
    for number, phase in enumerate(extras.phases, start=1):
        _restore_phase(actor, contest, number, phase, parts, program=program, at=at)
    return _restore_kits(actor, contest, extras.kits, parts, at=at)


def _restore_entry(contest: Contest, entry: EntryHome) -> None:
    check_team_size(entry.max_team_size)
    registration = Registration(entry.registration)
    contest.registration = registration
    contest.email_domains = list(
        checked_domains(entry.email_domains, registration=registration)
    )
    contest.max_team_size = entry.max_team_size
    contest.total_limit = entry.total_limit
    contest.allows_practice = entry.allows_practice
    contest.inputs_hidden_until = entry.inputs_hidden_until
    contest.board_hidden_until = entry.board_hidden_until
    contest.save(
        update_fields=[
            *("registration", "email_domains", "max_team_size", "total_limit"),
            *("allows_practice", "inputs_hidden_until", "board_hidden_until"),
        ]
    )


def _restore_phase(
    actor: User,
    contest: Contest,
    number: int,
    told: PhaseHome[ProgramHome],
    parts: Mapping[Part, Blob],
    *,
    program: Callable[[ProgramHome], ProgramPlan],
    at: datetime,
) -> None:
    if not set(told.formats) <= set(Format.values):
        raise Malformed(
            gettext("%(file)s: a format of phase %(number)s is not known here.")
            % {"file": FILE, "number": number}
        )
    formats = [Format(each) for each in told.formats]
    plan = PhasePlan(
        name=told.name,
        starts_at=told.starts_at,
        ends_at=told.ends_at,
        daily_limit=told.daily_limit,
        total_limit=told.total_limit,
        formats=formats,
        counts=told.counts,
        carries=told.carries,
    )
    check_phase(contest, plan)
    phase = ContestPhase.objects.create(
        contest=contest,
        number=number,
        name=told.name,
        starts_at=told.starts_at,
        ends_at=told.ends_at,
        daily_limit=told.daily_limit,
        total_limit=told.total_limit,
        formats=[str(each) for each in formats],
        counts=told.counts,
        carries=told.carries,
    )
    if told.program is not None:
        own_program(contest, phase, plan=program(told.program), at=at)
    elif told.truth is not None:
        _restore_truth(contest, phase, told, parts)
        if contest.is_guarded:
            guard_phase(actor, contest, phase, at=at)
    if phase.has_board:
        phase.board_hidden_until = told.board_hidden_until
        phase.save(update_fields=["board_hidden_until"])


def _restore_truth(
    contest: Contest,
    phase: ContestPhase,
    told: PhaseHome[ProgramHome],
    parts: Mapping[Part, Blob],
) -> None:
    if told.truth is None:
        return
    columns = Columns(contest.id_column, contest.target_column, told.split_column)
    with open_blob(parts[told.truth].sha256) as labels:
        table = read_truth(
            labels, columns=columns, task=Task(contest.task), classes=contest.classes
        )
    if told.inputs is not None:
        with open_blob(parts[told.inputs].sha256) as inputs:
            check_inputs(inputs, id_column=contest.id_column, ids=table.ids)
        phase.inputs = parts[told.inputs]
    phase.truth, phase.row_count = parts[told.truth], len(table.ids)
    phase.split_column = told.split_column
    phase.save(update_fields=["truth", "inputs", "split_column", "row_count"])


def _restore_kits(
    actor: User,
    contest: Contest,
    kits: tuple[KitHome, ...],
    parts: Mapping[Part, Blob],
    *,
    at: datetime,
) -> list[str]:
    left_out = []
    for kit in kits:
        if kit.file is not None:
            put_kit(contest, name=kit.name, what=parts[kit.file], at=at)
            continue
        try:
            commit = commit_named(actor, kit.repository, kit.commit)
        except DomainError:
            left_out.append(kit.name)
        else:
            put_kit(contest, name=kit.name, what=commit, at=at)
    return left_out
