"""Makes a contest of another platform's bundle: a draft, with the phases of the bundle.

For workers and commands: what it imports to read pages is too much for the web process.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

from django.db import transaction
from django.utils.translation import gettext

from marketplace.accounts.models import Namespace, User
from marketplace.accounts.permissions import require_writer
from marketplace.kit.audit import record_act
from marketplace.storage.models import Blob
from marketplace.storage.services import store_stream
from training.contests.importers import (
    Bundle,
    BundleRefused,
    ContestDescription,
    Note,
    Part,
    Report,
    opened,
)
from training.contests.importers.home import HomeDescription, is_home, read_home
from training.contests.importers.reading import read_description
from training.contests.models import (
    Contest,
    Registration,
)
from training.contests.services.bounds import checked_slug
from training.contests.services.homecoming import make_dataset, open_home
from training.contests.services.hosting import SlugTaken
from training.contests.services.imported_phases import (
    add_phases,
    daily_limit,
    program_plan,
)
from training.contests.services.inviting import checked_domains
from training.contests.services.kits import put_kit
from training.contests.services.pages import MOST_TITLE, put_page
from training.contests.services.programs import (
    MOST_BYTES,
    ProgrammedPlan,
    open_programmed,
)

MOST_TEXT = 100_000
MOST_SUMMARY = 500


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
                gettext(
                    "they have %(text)s characters in all; %(most_text)s is the most."
                )
                % {"text": f"{len(text):,}", "most_text": f"{MOST_TEXT:,}"},
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
    """Open a stored bundle's contest as a draft, with a private dataset beside it.

    Args:
        actor: the host; writes in `namespace`.
        namespace: whose contests they are.
        slug: of the contest.
        bundle: as `store_bundle` left it.
        at: now.

    Returns:
        The contest, and what became of every field.

    Raises:
        PermissionDenied: `actor` may not write there.
        Malformed, SlugTaken, NameTaken: choose another name.
    """
    require_writer(actor, namespace)
    checked_slug(slug)
    description, notes = bundle.description, list(bundle.notes)
    if isinstance(description, HomeDescription):
        contest, remarks = open_home(
            actor,
            namespace=namespace,
            slug=slug,
            described=description,
            parts=bundle.parts,
            at=at,
        )
        return [contest], notes + remarks
    if Contest.objects.filter(slug=slug).exists():
        raise SlugTaken(
            gettext("A contest is called “%(slug)s” already.") % {"slug": slug}
        )
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
    contest = open_programmed(
        actor,
        namespace=namespace,
        dataset=dataset,
        plan=_plan(description, bundle.parts, slug=slug),
        opened_at=at,
    )
    _say_who_enters(contest, description)
    for page in description.pages:
        if page.text.strip():
            put_page(contest, title=page.title[:MOST_TITLE], text=page.text)
    for name, blob in _kits_of(description, bundle.parts).items():
        put_kit(contest, name=name, what=blob, at=at)
    if len(description.phases) > 1:
        notes.append(add_phases(contest, description, bundle.parts, at=at))
    record_act(
        actor,
        "import_contest",
        contest,
        at=at,
        format=description.format.value,
        count=1,
    )
    return [contest], notes


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
    description: ContestDescription, parts: Mapping[Part, Blob], *, slug: str
) -> ProgrammedPlan:
    """Plan the contest as its last phase is, from the first start to the last end."""
    phases = description.phases
    final, ends = phases[-1], [phase.ends_at for phase in phases]
    told = [
        phase.description
        if len(phases) == 1
        else f"# {phase.name}\n\n{phase.description}"
        for phase in phases
        if phase.description
    ]
    programs = [program_plan(description, parts, phase) for phase in phases]
    return ProgrammedPlan(
        slug=slug,
        title=description.title[:200],
        summary=_summary_of(description),
        description="\n\n".join(told),
        rules=description.terms,
        prizes=description.prizes,
        starts_at=min(phase.starts_at for phase in phases),
        ends_at=None if None in ends else max(end for end in ends if end),
        daily_limit=daily_limit(final),
        total_limit=final.total_limit if len(phases) == 1 else None,
        program=programs[-1],
        takes_code=any(program.runs_code for program in programs),
        board=() if final.hides_scores else final.board,
    )


def _say_who_enters(contest: Contest, description: ContestDescription) -> None:
    registration = Registration.OPEN
    if description.email_domains:
        registration = Registration.DOMAIN
    elif not description.is_registration_open:
        registration = Registration.APPROVED
    contest.registration = registration
    domains = checked_domains(description.email_domains, registration=registration)
    contest.email_domains = list(domains)
    contest.max_team_size = description.max_team_size
    contest.save(update_fields=["registration", "email_domains", "max_team_size"])


def _kits_of(
    description: ContestDescription, parts: Mapping[Part, Blob]
) -> dict[str, Blob]:
    """Return what entrants begin from, by name; what phases share comes once."""
    kits: dict[str, Blob] = {}
    for phase in description.phases:
        for part in (phase.starting_kit, phase.public_data):
            if part is None or parts[part] in kits.values():
                continue
            name = part.filename
            kits[name if name not in kits else f"{phase.name}: {name}"] = parts[part]
    return kits
