"""Makes contests of another platform's bundle: drafts, one for each of its phases.

A phase there has tasks, limits and a board of its own, which is what a contest is here.
For workers and commands: what it imports to read pages is too much for the web process.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

from django.db import transaction

from marketplace.accounts.models import Namespace, User
from marketplace.accounts.permissions import require_writer
from marketplace.kit.audit import record_act
from marketplace.storage.models import Blob
from marketplace.storage.services import store_stream
from training.contests.importers import (
    Bundle,
    BundleRefused,
    Column,
    ContestDescription,
    Evaluation,
    Fate,
    Note,
    Part,
    PhaseDescription,
    Report,
    opened,
)
from training.contests.importers.home import HomeDescription, is_home, read_home
from training.contests.importers.reading import read_description
from training.contests.models import Contest, Convention
from training.contests.services.homecoming import make_dataset, open_home
from training.contests.services.hosting import SlugTaken, checked_slug
from training.contests.services.programs import (
    MOST_BYTES,
    Named,
    ProgrammedPlan,
    ProgramPlan,
    TaskPlan,
    open_programmed,
)

MOST_TEXT = 100_000
MOST_SUMMARY = 500
NO_DAILY_LIMIT = 1_000


@dataclass(frozen=True, slots=True)
class StoredBundle:
    """What a bundle describes, with its parts in the store, ready to become contests."""

    description: ContestDescription | HomeDescription
    notes: tuple[Note, ...]
    parts: Mapping[Part, Blob]


def unheard(_: str) -> None:
    """Tell nobody how far it is."""


def store_bundle(
    source: BinaryIO, *, at: datetime, on_step: Callable[[str], None] = unheard
) -> StoredBundle:
    """Read a bundle whole and put its parts into the store; no contest is made yet.

    Args:
        source: the zip; must be able to seek.
        at: now.
        on_step: told what is being done.

    Raises:
        BundleRefused: it cannot be imported; names file and field.
        TooLarge: a part of it is larger than any may be.
    """
    with opened(source) as bundle:
        on_step("Reading the description")
        if not is_home(bundle):
            bundle.enter_top_folder()
        description, report = _read(bundle)
        parts: dict[Part, Blob] = {}
        for part in _parts_of(description):
            if part not in parts:
                on_step(f"Storing {part.path or 'the program'}")
                parts[part] = _store(bundle, part, at=at)
    return StoredBundle(description, tuple(report.notes), parts)


def _read(bundle: Bundle) -> tuple[ContestDescription | HomeDescription, Report]:
    if is_home(bundle):
        return read_home(bundle)
    description, report = read_description(bundle)
    _check_words(description)
    return description, report


def _parts_of(description: ContestDescription | HomeDescription) -> list[Part]:
    if isinstance(description, HomeDescription):
        return description.parts
    found = [description.image]
    for one in description.evaluations:
        found += [one.scoring, one.reference, one.inputs, one.ingestion]
    for phase in description.phases:
        found += [phase.starting_kit, phase.public_data]
    return [part for part in found if part is not None]


def _store(bundle: Bundle, part: Part, *, at: datetime) -> Blob:
    with bundle.open(part) as content:
        return store_stream(content, stored_at=at, limit_bytes=MOST_BYTES)


def _check_words(description: ContestDescription) -> None:
    for what, text in (
        ("pages", _words_of(description)),
        ("terms", description.terms),
        ("prizes", description.prizes),
    ):
        if len(text) > MOST_TEXT:
            raise BundleRefused(
                f"they have {len(text):,} characters in all; {MOST_TEXT:,} is the most.",
                field=what,
            )


def _words_of(description: ContestDescription) -> str:
    return "\n\n".join(f"# {page.title}\n\n{page.text}" for page in description.pages)


@transaction.atomic
def open_imported(
    actor: User,
    *,
    namespace: Namespace,
    slug: str,
    bundle: StoredBundle,
    at: datetime,
) -> tuple[list[Contest], list[Note]]:
    """Open a stored bundle's contests as drafts, with a private dataset beside them.

    Args:
        actor: the host; writes in `namespace`.
        namespace: whose contests they are.
        slug: of the first; later phases get -2, -3 and so on.
        bundle: as `store_bundle` left it.
        at: now.

    Returns:
        The contests in order of their start, and what became of every field.

    Raises:
        PermissionDenied: `actor` may not write there.
        Malformed, SlugTaken, NameTaken: choose another name.
    """
    require_writer(actor, namespace)
    checked_slug(slug)
    description, notes = bundle.description, list(bundle.notes)
    if isinstance(description, HomeDescription):
        contest = open_home(
            actor,
            namespace=namespace,
            slug=slug,
            described=description,
            parts=bundle.parts,
            at=at,
        )
        return [contest], notes
    slugs = [
        slug if number == 1 else f"{slug}-{number}"
        for number in range(1, len(description.phases) + 1)
    ]
    taken = Contest.objects.filter(slug__in=slugs).values_list("slug", flat=True)
    if found := sorted(taken):
        raise SlugTaken(f"A contest is called “{found[0]}” already.")
    files = _files_of(description, bundle.parts)
    dataset = make_dataset(
        actor,
        namespace,
        slug=slug,
        title=description.title,
        summary=_summary_of(description),
        files=files,
        source=description.format,
        at=at,
    )
    contests = [
        open_programmed(
            actor,
            namespace=namespace,
            dataset=dataset,
            plan=_plan(description, bundle.parts, phase, slug=own),
            opened_at=at,
        )
        for own, phase in zip(slugs, description.phases, strict=True)
    ]
    if len(contests) > 1:
        listed = ", ".join(slugs)
        notes.append(
            Note("phases", Fate.MAPPED, f"a contest of its own each: {listed}")
        )
    if not description.is_registration_open:
        remark = "the draft lets everyone in who sees it; set it before you publish"
        notes.append(Note("registration", Fate.IGNORED, remark))
    record_act(
        actor,
        "import_contest",
        contests[0],
        at=at,
        format=description.format.value,
        count=len(contests),
    )
    return contests, notes


def import_contest(
    actor: User,
    *,
    namespace: Namespace,
    slug: str,
    source: BinaryIO,
    at: datetime,
    on_step: Callable[[str], None] = unheard,
) -> tuple[list[Contest], list[Note]]:
    """Read a bundle and open its contests as drafts; both halves in one call.

    Raises:
        PermissionDenied: `actor` may not write there.
        BundleRefused: it cannot be imported; names file and field.
        Malformed, SlugTaken, NameTaken: choose another name.
    """
    require_writer(actor, namespace)
    checked_slug(slug)
    bundle = store_bundle(source, at=at, on_step=on_step)
    on_step("Opening it as a draft")
    return open_imported(actor, namespace=namespace, slug=slug, bundle=bundle, at=at)


def _files_of(
    description: ContestDescription, parts: Mapping[Part, Blob]
) -> dict[str, Blob]:
    """Return what the bundle gives out, by its path in the dataset."""
    files = {}
    if description.image:
        files[description.image.filename] = parts[description.image]
    for phase in description.phases:
        for folder in ("public_data", "starting_kit"):
            part: Part | None = getattr(phase, folder)
            if part is not None:
                files[f"{folder}/{part.filename}"] = parts[part]
    return files


def _summary_of(description: ContestDescription) -> str:
    plain = re.sub(r"\s+", " ", description.summary).strip()
    return plain if len(plain) <= MOST_SUMMARY else f"{plain[: MOST_SUMMARY - 1]}…"


def _plan(
    description: ContestDescription,
    parts: Mapping[Part, Blob],
    phase: PhaseDescription,
    *,
    slug: str,
) -> ProgrammedPlan:
    is_only = len(description.phases) == 1
    title = description.title if is_only else f"{description.title}: {phase.name}"
    words = [phase.description] if phase.description and not is_only else []
    words.append(_words_of(description))
    return ProgrammedPlan(
        slug=slug,
        title=title[:200],
        summary=_summary_of(description),
        description="\n\n".join(words),
        rules=description.terms,
        prizes=description.prizes,
        starts_at=phase.starts_at,
        ends_at=phase.ends_at,
        daily_limit=min(phase.daily_limit or NO_DAILY_LIMIT, NO_DAILY_LIMIT),
        program=ProgramPlan(
            convention=Convention(description.convention.value),
            columns=_columns(phase),
            tasks=[
                _task(description.evaluation(key), parts) for key in phase.evaluations
            ],
            time_limit_seconds=phase.time_limit_seconds,
            codename=phase.key,
        ),
    )


def _columns(phase: PhaseDescription) -> Sequence[Column]:
    """Return what the board shows; a phase that hides its scores shows none."""
    if not phase.hides_scores:
        return phase.columns
    return [
        Column(
            one.key,
            one.title,
            one.label,
            one.split,
            is_greater_better=one.is_greater_better,
            decimals=one.decimals,
            is_hidden=True,
        )
        for one in phase.columns
    ]


def _task(evaluation: Evaluation, parts: Mapping[Part, Blob]) -> TaskPlan:
    def named(part: Part | None) -> Named | None:
        return None if part is None else Named(parts[part], part.filename)

    ingestion = evaluation.ingestion
    return TaskPlan(
        name=evaluation.name,
        scoring=parts[evaluation.scoring],
        ingestion=parts[ingestion] if ingestion else None,
        reference=named(evaluation.reference),
        inputs=named(evaluation.inputs),
    )
